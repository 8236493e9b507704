//! The pipeline.

use stream_runtime::prelude::*;

use super::{joined, left, right};
use crate::contest::{Times, answers};
use crate::source::repeat;

stream!(
    fn pairs(left: Stream<(u64, u64)>, right: Stream<(u64, u64)>, sum: Accumulator<Sum<u64>>) {
        left.join(right)
            .map(|(key, (left, right))| joined(key, left, right))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

pub(super) fn run(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| {
        pairs(repeat(left(), batches), repeat(right(), batches), sum)
    })
}
