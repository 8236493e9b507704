//! Batches of a record, of ten, and of a hundred: what a batch costs beside its records.

use std::sync::Arc;

use stream_runtime::Rows;
use stream_runtime::prelude::*;

use crate::answer::{item, sum};
use crate::by_hand::Map;
use crate::contest::{Times, Who, Workload, answers, timed, way};
use crate::data::{Rng, blocks_of_rows, key64};
use crate::source::repeat;

stream!(
    fn counts(keys: Stream<u64>, sum: Accumulator<Sum<u64>>) {
        keys.map(|key| (key, 1u64))
            .reduce_by_key(|a, b| a + b)
            .map(|(key, count)| item(key, count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

fn keys(records: usize) -> Vec<Arc<Rows<u64>>> {
    let mut rng = Rng::new(0x7469_6e79_0000_0000);
    let keys: Vec<u64> = (0..records).map(|_| key64(rng.below(50))).collect();
    blocks_of_rows(&keys)
}

fn pipeline<const RECORDS: usize>(batches: u64) -> (u64, Times) {
    answers(1, |sum| counts(repeat(&keys(RECORDS), batches), sum))
}

fn hand<const RECORDS: usize>(batches: u64) -> (u64, Times) {
    let blocks = keys(RECORDS);
    timed(batches, || {
        let mut counts: Map<u64, u64> = Map::default();
        for key in blocks.iter().flat_map(|block| &block.0) {
            *counts.entry(*key).or_insert(0) += 1;
        }
        sum(counts.iter().map(|(key, count)| item(*key, *count)))
    })
}

/// The workload with batches of so many records.
pub fn workload<const RECORDS: usize>(name: &'static str) -> Workload {
    Workload {
        name,
        question: "counts by key in batches of very few records",
        records: RECORDS as u64,
        batches: u64::MAX,
        ways: vec![
            way(Who::Stream, 1, pipeline::<RECORDS>),
            way(Who::Hand, 1, hand::<RECORDS>),
        ],
    }
}
