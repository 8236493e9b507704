//! The pipeline.

use stream_runtime::prelude::*;

use super::pattern;
use crate::answer::item;
use crate::contest::{Times, answers};
use crate::data::text;
use crate::source::repeat;

stream!(
    fn grep(lines: Stream<&str>, pattern: &'static str, found: Accumulator<Sum<u64>>) {
        lines
            .filter(|line| line.contains(pattern))
            .count()
            .for_each_batch(|count, _| found.add(item(0, count.sum())));
    }
);

pub(super) fn run(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |found| {
        grep(repeat(text(), batches), pattern(), found)
    })
}
