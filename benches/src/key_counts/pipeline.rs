//! The pipeline.

use std::sync::Arc;

use stream_runtime::Rows;
use stream_runtime::prelude::*;

use crate::answer::item;
use crate::contest::{Times, answers};
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

pub(crate) fn run(keys: &[Arc<Rows<u64>>], batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| counts(repeat(keys, batches), sum))
}
