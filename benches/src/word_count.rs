//! Word count per batch.

use stream_runtime::Text;
use stream_runtime::prelude::*;

use crate::data::{lines_of, records, text};
use crate::source::repeat;
use crate::{Map, Times, Workload, fnv1a, item, run, timed, way};

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

fn pipeline(batches: u64, threads: usize) -> (u64, Times) {
    let sum = Accumulator::named("checksum");
    let times = run(word_count(repeat(text(), batches), sum.clone()), threads);
    (sum.value(), times)
}

fn count<'b>(counts: &mut Map<&'b str, u64>, text: &'b Text) {
    for line in lines_of(text) {
        for word in line.split_ascii_whitespace() {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
}

fn checksum(counts: &Map<&str, u64>) -> u64 {
    counts.iter().fold(0, |sum, (word, count)| {
        sum.wrapping_add(item(fnv1a(word.as_bytes()), *count))
    })
}

fn hand() -> u64 {
    let mut counts = Map::default();
    text().iter().for_each(|block| count(&mut counts, block));
    checksum(&counts)
}

/// Two maps, each over half of the text; then each thread merges half of the keys.
fn hand_rayon() -> u64 {
    use std::hash::BuildHasher;
    let halves = text().split_at(text().len() / 2);
    let half = |blocks: &'static [std::sync::Arc<Text>]| {
        let mut counts = Map::default();
        blocks.iter().for_each(|block| count(&mut counts, block));
        let mut parts = [Vec::new(), Vec::new()];
        for (word, count) in counts {
            let hash = foldhash::fast::FixedState::default().hash_one(word);
            parts[(hash >> 40 & 1) as usize].push((word, count));
        }
        parts
    };
    let ([a0, a1], [b0, b1]) = rayon::join(|| half(halves.0), || half(halves.1));
    let merge = |a: Vec<(&'static str, u64)>, b: Vec<(&'static str, u64)>| {
        let mut counts: Map<&str, u64> = a.into_iter().collect();
        b.into_iter()
            .for_each(|(word, count)| *counts.entry(word).or_insert(0) += count);
        checksum(&counts)
    };
    let (even, odd) = rayon::join(|| merge(a0, b0), || merge(a1, b1));
    even.wrapping_add(odd)
}

/// The workload.
pub fn workload() -> Workload {
    let ways = vec![
        way("stream! 1", |batches| pipeline(batches, 1)),
        way("hand 1", |batches| timed(batches, hand)),
        way("stream! 2", |batches| pipeline(batches, 2)),
        way("hand rayon 2", |batches| timed(batches, hand_rayon)),
    ];
    Workload {
        name: "word_count",
        records: records() as u64,
        ways,
    }
}
