//! The pipeline.

use stream_runtime::prelude::*;

use crate::answer::item;
use crate::contest::{Times, answers};
use crate::data::numbers;
use crate::source::repeat;

stream!(
    fn numeric(xs: Stream<u64>, sum: Accumulator<Sum<u64>>) {
        xs.map(|x| x.wrapping_mul(3).wrapping_add(1))
            .filter(|y| y & 3 != 0)
            .map(|y| (y ^ y >> 7) >> 8)
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|total, _| sum.add(item(0, total.sum())));
    }
);

pub(super) fn run(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| numeric(repeat(numbers(), batches), sum))
}
