//! Running counts: a state for each of very many keys, which are all there before the clock starts.

#[cfg(feature = "peers")]
mod dfir;
mod hand;
mod pipeline;
mod plain;
#[cfg(feature = "peers")]
mod renoir;
#[cfg(feature = "peers")]
mod timely;
mod tuned;

use std::sync::{Arc, OnceLock};

use stream_runtime::{Rows, Text};

#[cfg(feature = "peers")]
use crate::contest::Way;
use crate::contest::{Who, Workload, way};
use crate::data::{Rng, blocks_of_lines, blocks_of_rows, key64, records};

const MILLION: u64 = 1_000_000;

/// A batch of keys, each of the `there` with the same chance.
fn keys(there: u64) -> &'static [Arc<Rows<u64>>] {
    static KEYS: [OnceLock<Vec<Arc<Rows<u64>>>>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[usize::from(there > MILLION)].get_or_init(|| {
        let mut rng = Rng::new(0x6b65_7900_0000_0000);
        let keys: Vec<u64> = (0..records()).map(|_| key64(rng.below(there))).collect();
        blocks_of_rows(&keys)
    })
}

/// A batch of lines with a name each, of a million names.
fn names() -> &'static [Arc<Text>] {
    static NAMES: OnceLock<Vec<Arc<Text>>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut rng = Rng::new(0x6e61_6d65_7300_0000);
        let name = |_| all_names()[rng.below(MILLION) as usize].clone();
        blocks_of_lines((0..records()).map(name))
    })
}

/// A million names of 5 to 18 letters.
fn all_names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let letters = |number| &"abcdefghijkl"[..3 + (key64(number) % 9) as usize];
    let name = |number| format!("{}-{number}", letters(number));
    NAMES.get_or_init(|| (0..MILLION).map(name).collect())
}

/// The workload with a million numbers.
pub fn of_a_million() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| {
            pipeline::of_numbers(batches, MILLION, 1)
        }),
        way(Who::Stream, 2, |batches| {
            pipeline::of_numbers(batches, MILLION, 2)
        }),
        way(Who::Hand, 1, |batches| hand::of_numbers(batches, MILLION)),
        way(Who::Hand, 2, |batches| {
            hand::of_numbers_on_rayon(batches, MILLION)
        }),
        way(Who::Tuned, 1, |batches| tuned::one_thread(batches, MILLION)),
        way(Who::Tuned, 2, |batches| tuned::rayon(batches, MILLION)),
        way(Who::Std, 1, |batches| plain::of_numbers(batches, MILLION)),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers_on_numbers()].concat();
    Workload {
        name: "running_1m",
        question: "running counts of a million u64 keys that are there",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

/// The workload with ten million numbers.
pub fn of_ten_million() -> Workload {
    const KEYS: u64 = 10 * MILLION;
    Workload {
        name: "running_10m",
        question: "running counts of ten million u64 keys that are there",
        records: records() as u64,
        batches: u64::MAX,
        ways: vec![
            way(Who::Stream, 1, |batches| {
                pipeline::of_numbers(batches, KEYS, 1)
            }),
            way(Who::Stream, 2, |batches| {
                pipeline::of_numbers(batches, KEYS, 2)
            }),
            way(Who::Hand, 1, |batches| hand::of_numbers(batches, KEYS)),
            way(Who::Hand, 2, |batches| {
                hand::of_numbers_on_rayon(batches, KEYS)
            }),
            way(Who::Tuned, 1, |batches| tuned::one_thread(batches, KEYS)),
            way(Who::Tuned, 2, |batches| tuned::rayon(batches, KEYS)),
            way(Who::Std, 1, |batches| plain::of_numbers(batches, KEYS)),
        ],
    }
}

/// The workload with a million names.
pub fn of_names() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| pipeline::of_names(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::of_names(batches, 2)),
        way(Who::Hand, 1, hand::of_names),
        way(Who::Hand, 2, hand::of_names_on_rayon),
        way(Who::Std, 1, plain::of_names),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers_on_names()].concat();
    Workload {
        name: "running_names",
        question: "running counts of a million short strings that are there",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

#[cfg(feature = "peers")]
fn peers_on_numbers() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, timely::of_numbers),
        way(Who::Renoir, 2, renoir::of_numbers),
        way(Who::Dfir, 1, dfir::of_numbers),
    ]
}

#[cfg(feature = "peers")]
fn peers_on_names() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, timely::of_names),
        way(Who::Renoir, 2, renoir::of_names),
        way(Who::Dfir, 1, dfir::of_names),
    ]
}
