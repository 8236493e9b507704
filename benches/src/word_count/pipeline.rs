//! The pipeline.

use stream_runtime::prelude::*;

use crate::answer::{fnv1a, item};
use crate::contest::{Times, answers};
use crate::data::text;
use crate::source::repeat;

stream!(
    fn word_count(lines: Stream<&str>, sum: Accumulator<Sum<u64>>) {
        lines
            .flat_map(|line| line.split_ascii_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b)
            .map(|(word, count)| item(fnv1a(word.as_bytes()), count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

pub(super) fn run(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| word_count(repeat(text(), batches), sum))
}
