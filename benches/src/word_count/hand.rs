//! By hand: borrowed words in a `hashbrown` table; with `rayon`, a table for each thread, and a merge by
//! parts of the hash.

use std::sync::Arc;

use stream_runtime::Text;

use crate::answer::{fnv1a, item, sum};
use crate::by_hand::{Map, merged};
use crate::data::{lines_of, text};

fn count(blocks: &'static [Arc<Text>]) -> Map<&'static str, u64> {
    let mut counts = Map::default();
    for line in blocks.iter().flat_map(|block| lines_of(block)) {
        for word in line.split_ascii_whitespace() {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    counts
}

fn answer(counts: &Map<&str, u64>) -> u64 {
    sum(counts
        .iter()
        .map(|(word, count)| item(fnv1a(word.as_bytes()), *count)))
}

pub(super) fn one_thread() -> u64 {
    answer(&count(text()))
}

pub(super) fn rayon() -> u64 {
    merged(text(), count, |a, b| a + b, answer)
}
