//! By hand.

use std::sync::Arc;

use stream_runtime::Rows;

use super::Keys;
use crate::answer::{item, sum};
use crate::by_hand::{Map, merged};

fn count(blocks: &[Arc<Rows<u64>>]) -> Map<u64, u64> {
    let mut counts = Map::default();
    for key in blocks.iter().flat_map(|block| &block.0) {
        *counts.entry(*key).or_insert(0) += 1;
    }
    counts
}

fn answer(counts: &Map<u64, u64>) -> u64 {
    sum(counts.iter().map(|(key, count)| item(*key, *count)))
}

pub(crate) fn one_thread(keys: &[Arc<Rows<u64>>]) -> u64 {
    answer(&count(keys))
}

pub(super) fn rayon(keys: Keys) -> u64 {
    merged(keys, count, |a, b| a + b, answer)
}
