//! Grep: lines that contain a word, counted.

use rayon::prelude::*;
use stream_runtime::prelude::*;

use crate::data::{lines_of, records, text, vocabulary};
use crate::source::repeat;
use crate::{Times, Way, Workload, item, run, timed, way};

stream!(
    fn grep(lines: Stream<&str>, pattern: &'static str, found: Accumulator<Sum<u64>>) {
        lines
            .filter(|line| line.contains(pattern))
            .count()
            .for_each_batch(|count, _| found.add(item(0, count.sum())));
    }
);

/// A word of at least six letters that is not frequent.
fn pattern() -> &'static str {
    vocabulary()[99..]
        .iter()
        .find(|word| word.len() >= 6)
        .expect("most words are long")
}

fn pipeline(batches: u64, threads: usize) -> (u64, Times) {
    let found = Accumulator::named("found");
    let times = run(
        grep(repeat(text(), batches), pattern(), found.clone()),
        threads,
    );
    (found.value(), times)
}

fn count(text: &stream_runtime::Text, pattern: &str) -> u64 {
    let mut count = 0;
    for line in lines_of(text) {
        if line.contains(pattern) {
            count += 1;
        }
    }
    count
}

fn hand() -> u64 {
    item(0, text().iter().map(|block| count(block, pattern())).sum())
}

fn hand_rayon() -> u64 {
    item(
        0,
        text().par_iter().map(|block| count(block, pattern())).sum(),
    )
}

/// The workload.
pub fn workload() -> Workload {
    let ways: Vec<Way> = vec![
        way("stream! 1", |batches| pipeline(batches, 1)),
        way("hand 1", |batches| timed(batches, hand)),
        way("stream! 2", |batches| pipeline(batches, 2)),
        way("hand rayon 2", |batches| timed(batches, hand_rayon)),
    ];
    Workload {
        name: "grep",
        records: records() as u64,
        ways,
    }
}
