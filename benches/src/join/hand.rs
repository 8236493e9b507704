//! By hand: a `hashbrown` table over the right side, from the key to its last row, each row with the one
//! before it; the left side looks up. With `rayon` each thread deals half of either side out by the hash,
//! and then joins one half of the keys.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::{Pair, Pairs, joined, left, right};
use crate::by_hand::Map;

const NONE: u32 = u32::MAX;

/// The sum over the pairs of two sides.
fn join(left: impl Iterator<Item = Pair>, right: impl Iterator<Item = Pair>, len: usize) -> u64 {
    let mut last: Map<u64, u32> = Map::with_capacity_and_hasher(len, FixedState::default());
    let mut rows: Vec<(u64, u32)> = Vec::with_capacity(len);
    for (key, value) in right {
        let before = last.insert(key, rows.len() as u32);
        rows.push((value, before.unwrap_or(NONE)));
    }
    let mut sum = 0u64;
    for (key, value) in left {
        let mut at = last.get(&key).copied().unwrap_or(NONE);
        while let Some((other, before)) = rows.get(at as usize) {
            sum = sum.wrapping_add(joined(key, value, *other));
            at = *before;
        }
    }
    sum
}

fn rows(pairs: &Pairs) -> impl Iterator<Item = Pair> {
    pairs.iter().flat_map(|block| block.0.iter().copied())
}

pub(super) fn one_thread() -> u64 {
    join(rows(left()), rows(right()), crate::data::records())
}

/// The pairs of half of the blocks, in two by the hash of the key.
fn dealt(pairs: &Pairs, half: usize) -> [Vec<Pair>; 2] {
    let mut parts = [Vec::new(), Vec::new()];
    let blocks = pairs.chunks(pairs.len().div_ceil(2)).nth(half);
    for pair in blocks.into_iter().flatten().flat_map(|block| &block.0) {
        let hash = FixedState::default().hash_one(pair.0);
        parts[(hash >> 40 & 1) as usize].push(*pair);
    }
    parts
}

pub(super) fn rayon() -> u64 {
    let deal = |half| (dealt(left(), half), dealt(right(), half));
    let (a, b) = rayon::join(|| deal(0), || deal(1));
    let ([left_a0, left_a1], [right_a0, right_a1]) = a;
    let ([left_b0, left_b1], [right_b0, right_b1]) = b;
    let part = |left: [Vec<Pair>; 2], right: [Vec<Pair>; 2]| {
        let len = right.iter().map(Vec::len).sum();
        join(left.into_iter().flatten(), right.into_iter().flatten(), len)
    };
    let (even, odd) = rayon::join(
        || part([left_a0, left_b0], [right_a0, right_b0]),
        || part([left_a1, left_b1], [right_a1, right_b1]),
    );
    even.wrapping_add(odd)
}
