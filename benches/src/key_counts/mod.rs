//! Counts by key within a batch, where the keys are not as kind as words are: one of them is half of all
//! records, or no two are the same.

#[cfg(feature = "peers")]
mod dfir;
pub(crate) mod hand;
pub(crate) mod pipeline;
mod plain;
#[cfg(feature = "peers")]
mod polars;
#[cfg(feature = "peers")]
mod renoir;
#[cfg(feature = "peers")]
mod timely;

use std::sync::{Arc, OnceLock};

use stream_runtime::Rows;

use crate::contest::{Way, Who, Workload, timed, way};
use crate::data::{Rng, blocks_of_rows, key64, records};

type Keys = &'static [Arc<Rows<u64>>];

/// Every other record has the same key; the rest have one of 100,000.
fn skewed() -> Keys {
    static KEYS: OnceLock<Vec<Arc<Rows<u64>>>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut rng = Rng::new(0x736b_6577_0000_0000);
        let key = |_| match rng.below(2) {
            0 => key64(0),
            _ => key64(rng.below(100_000)),
        };
        blocks_of_rows(&(0..records()).map(key).collect::<Vec<_>>())
    })
}

fn distinct() -> Keys {
    static KEYS: OnceLock<Vec<Arc<Rows<u64>>>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let keys: Vec<u64> = (0..records() as u64).map(key64).collect();
        blocks_of_rows(&keys)
    })
}

/// The workload in which one key is half of all records.
pub fn of_skewed() -> Workload {
    let ways: Vec<Way> = vec![
        way(Who::Stream, 1, |batches| {
            pipeline::run(skewed(), batches, 1)
        }),
        way(Who::Stream, 2, |batches| {
            pipeline::run(skewed(), batches, 2)
        }),
        way(Who::Hand, 1, |batches| {
            timed(batches, || hand::one_thread(skewed()))
        }),
        way(Who::Hand, 2, |batches| {
            timed(batches, || hand::rayon(skewed()))
        }),
        way(Who::Std, 1, |batches| {
            timed(batches, || plain::batch(skewed()))
        }),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers_on_skewed()].concat();
    Workload {
        name: "skewed_keys",
        question: "counts by key in a batch, where one key is half of all records",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

/// The workload in which all keys differ.
pub fn of_distinct() -> Workload {
    let ways: Vec<Way> = vec![
        way(Who::Stream, 1, |batches| {
            pipeline::run(distinct(), batches, 1)
        }),
        way(Who::Stream, 2, |batches| {
            pipeline::run(distinct(), batches, 2)
        }),
        way(Who::Hand, 1, |batches| {
            timed(batches, || hand::one_thread(distinct()))
        }),
        way(Who::Hand, 2, |batches| {
            timed(batches, || hand::rayon(distinct()))
        }),
        way(Who::Std, 1, |batches| {
            timed(batches, || plain::batch(distinct()))
        }),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers_on_distinct()].concat();
    Workload {
        name: "distinct_keys",
        question: "counts by key in a batch, where all keys differ",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

#[cfg(feature = "peers")]
fn peers_on_skewed() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, |batches| timely::run(skewed(), batches)),
        way(Who::Timely, 2, |batches| {
            timely::run_combined(skewed(), batches)
        })
        .variant("combined"),
        way(Who::Renoir, 2, |batches| renoir::run(skewed(), batches)),
        way(Who::Renoir, 2, |batches| {
            renoir::run_associative(skewed(), batches)
        })
        .variant("associative"),
        way(Who::Dfir, 1, |batches| dfir::run(skewed(), batches)),
        way(Who::Polars, 2, |batches| {
            polars::run(&polars::SKEWED, batches)
        }),
    ]
}

#[cfg(feature = "peers")]
fn peers_on_distinct() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, |batches| timely::run(distinct(), batches)),
        way(Who::Timely, 2, |batches| {
            timely::run_combined(distinct(), batches)
        })
        .variant("combined"),
        way(Who::Renoir, 2, |batches| renoir::run(distinct(), batches)),
        way(Who::Renoir, 2, |batches| {
            renoir::run_associative(distinct(), batches)
        })
        .variant("associative"),
        way(Who::Dfir, 1, |batches| dfir::run(distinct(), batches)),
        way(Who::Polars, 2, |batches| {
            polars::run(&polars::DISTINCT, batches)
        }),
    ]
}
