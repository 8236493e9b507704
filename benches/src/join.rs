//! Join of two keyed streams, a million records each.

use std::sync::{Arc, OnceLock};

use stream_runtime::Rows;
use stream_runtime::prelude::*;

use crate::data::{pairs, records};
use crate::source::repeat;
use crate::{Map, Times, Workload, item, run, timed, way};

type Pairs = Vec<Arc<Rows<(u64, u64)>>>;

stream!(
    fn joined(left: Stream<(u64, u64)>, right: Stream<(u64, u64)>, sum: Accumulator<Sum<u64>>) {
        left.join(right)
            .map(|(key, (l, r))| item(key, l ^ r.rotate_left(32)))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

fn left() -> &'static Pairs {
    static LEFT: OnceLock<Pairs> = OnceLock::new();
    LEFT.get_or_init(|| pairs(0x6c65_6674_0000_0000))
}

fn right() -> &'static Pairs {
    static RIGHT: OnceLock<Pairs> = OnceLock::new();
    RIGHT.get_or_init(|| pairs(0x7269_6768_7400_0000))
}

fn pipeline(batches: u64, threads: usize) -> (u64, Times) {
    let sum = Accumulator::named("sum");
    let times = run(
        joined(
            repeat(left(), batches),
            repeat(right(), batches),
            sum.clone(),
        ),
        threads,
    );
    (sum.value(), times)
}

/// A chained hash join: for each key the last row that has it, for each row the one before it.
struct Chains {
    last: Map<u64, u32>,
    rows: Vec<(u64, u32)>,
}

impl Chains {
    fn of(right: impl Iterator<Item = (u64, u64)>, len: usize) -> Self {
        let mut chains = Self {
            last: Map::with_capacity_and_hasher(len, Default::default()),
            rows: Vec::with_capacity(len),
        };
        for (key, value) in right {
            let at = chains.rows.len() as u32;
            let before = chains.last.insert(key, at).unwrap_or(u32::MAX);
            chains.rows.push((value, before));
        }
        chains
    }

    fn probe(&self, left: impl Iterator<Item = (u64, u64)>) -> u64 {
        let mut sum = 0u64;
        for (key, l) in left {
            let mut at = self.last.get(&key).copied().unwrap_or(u32::MAX);
            while let Some((r, before)) = self.rows.get(at as usize) {
                sum = sum.wrapping_add(item(key, l ^ r.rotate_left(32)));
                at = *before;
            }
        }
        sum
    }
}

fn rows(pairs: &'static Pairs) -> impl Iterator<Item = (u64, u64)> + Clone {
    pairs.iter().flat_map(|block| block.0.iter().copied())
}

fn hand() -> u64 {
    Chains::of(rows(right()), records()).probe(rows(left()))
}

/// Each thread scans both sides and joins the half of the keys that is its own.
fn hand_rayon() -> u64 {
    let half = |parity: u64| {
        let own = move |pair: &(u64, u64)| pair.0 & 1 == parity;
        Chains::of(rows(right()).filter(own), records() / 2 + records() / 16)
            .probe(rows(left()).filter(own))
    };
    let (even, odd) = rayon::join(|| half(0), || half(1));
    even.wrapping_add(odd)
}

/// The workload; both sides count as records.
pub fn workload() -> Workload {
    let ways = vec![
        way("stream! 1", |batches| pipeline(batches, 1)),
        way("hand 1", |batches| timed(batches, hand)),
        way("stream! 2", |batches| pipeline(batches, 2)),
        way("hand rayon 2", |batches| timed(batches, hand_rayon)),
    ];
    Workload {
        name: "join",
        records: 2 * records() as u64,
        ways,
    }
}
