//! Sales summed by shop: read from lines of CSV, or structs already.

mod hand;
mod pipeline;
mod plain;

use std::sync::{Arc, OnceLock};

use stream_runtime::{Rows, Text};

use crate::contest::{Who, Workload, timed, way};
use crate::data::{Rng, blocks_of_lines, blocks_of_rows, records};

/// A sale; as one line of CSV `id,shop,cents`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sale {
    id: u64,
    shop: u32,
    cents: u64,
}

impl Sale {
    #[inline]
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(',');
        Some(Self {
            id: fields.next()?.parse().ok()?,
            shop: fields.next()?.parse().ok()?,
            cents: fields.next()?.parse().ok()?,
        })
    }
}

fn made_up() -> impl Iterator<Item = Sale> {
    let mut rng = Rng::new(0x6373_7600_0000_0000);
    (0..records() as u64).map(move |id| Sale {
        id,
        shop: rng.below(10_000) as u32,
        cents: rng.below(100_000),
    })
}

fn lines() -> &'static [Arc<Text>] {
    static LINES: OnceLock<Vec<Arc<Text>>> = OnceLock::new();
    LINES.get_or_init(|| {
        blocks_of_lines(made_up().map(|sale| format!("{},{},{}", sale.id, sale.shop, sale.cents)))
    })
}

fn structs() -> &'static [Arc<Rows<Sale>>] {
    static STRUCTS: OnceLock<Vec<Arc<Rows<Sale>>>> = OnceLock::new();
    STRUCTS.get_or_init(|| blocks_of_rows(&made_up().collect::<Vec<_>>()))
}

/// The workload over lines of CSV.
pub fn of_text() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| pipeline::of_text(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::of_text(batches, 2)),
        way(Who::Hand, 1, |batches| {
            timed(batches, hand::text_on_one_thread)
        }),
        way(Who::Hand, 2, |batches| timed(batches, hand::text_on_rayon)),
        way(Who::Std, 1, |batches| timed(batches, plain::of_text)),
    ];
    Workload {
        name: "csv",
        question: "lines of CSV, parsed and summed by one of 10,000 keys",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

/// The workload over structs.
pub fn of_structs() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| pipeline::of_structs(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::of_structs(batches, 2)),
        way(Who::Hand, 1, |batches| {
            timed(batches, hand::structs_on_one_thread)
        }),
        way(Who::Hand, 2, |batches| {
            timed(batches, hand::structs_on_rayon)
        }),
        way(Who::Std, 1, |batches| timed(batches, plain::of_structs)),
    ];
    Workload {
        name: "structs",
        question: "the same sums, when the records are structs already",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}
