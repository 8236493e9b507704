//! The best that is known: both sides dealt out to parts by the hash, so that the chained table of a part
//! stays in the cache of one core.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use rayon::prelude::*;
use stream_runtime::Rows;

use super::{Pair, Pairs, joined, left, right};
use crate::data::records;

/// The pairs of one side, dealt out by bits of the hash.
type Parts = Vec<Vec<Pair>>;

/// So many pairs of a part that a table over them stays in the cache of one core.
const PART: usize = 1 << 14;

fn hash(key: u64) -> u64 {
    FixedState::default().hash_one(key)
}

/// Deals pairs out to `1 << bits` parts.
fn deal(pairs: impl Iterator<Item = Pair>, len: usize, bits: u32) -> Parts {
    let room = (len + len / 8) >> bits;
    let mut parts: Parts = (0..1 << bits).map(|_| Vec::with_capacity(room)).collect();
    let mask = parts.len() - 1;
    for pair in pairs {
        parts[(hash(pair.0) >> 32) as usize & mask].push(pair);
    }
    parts
}

/// A chained table: for each slot the first row in it, for each row the next one.
struct Chains {
    heads: Vec<u32>,
    rows: Vec<(Pair, u32)>,
}

impl Chains {
    fn of(right: impl Iterator<Item = Pair>, len: usize) -> Self {
        let mut heads = vec![u32::MAX; (len * 2).next_power_of_two()];
        let mut rows = Vec::with_capacity(len);
        let mask = heads.len() - 1;
        for pair in right {
            let head = &mut heads[hash(pair.0) as usize & mask];
            rows.push((pair, std::mem::replace(head, rows.len() as u32)));
        }
        Self { heads, rows }
    }

    fn probe(&self, left: impl Iterator<Item = Pair>) -> u64 {
        let mask = self.heads.len() - 1;
        let mut sum = 0u64;
        for (key, l) in left {
            let mut at = self.heads[hash(key) as usize & mask];
            while let Some(((other, r), next)) = self.rows.get(at as usize) {
                if *other == key {
                    sum = sum.wrapping_add(joined(key, l, *r));
                }
                at = *next;
            }
        }
        sum
    }
}

fn rows(blocks: &[Arc<Rows<Pair>>]) -> impl Iterator<Item = Pair> {
    blocks.iter().flat_map(|block| block.0.iter().copied())
}

/// As many bits as make parts of the right size of `len` pairs.
fn bits(len: usize) -> u32 {
    len.div_ceil(PART).next_power_of_two().ilog2()
}

/// A hash join after a radix partitioning of both sides, if the table would not stay in the cache.
pub(super) fn one_thread() -> u64 {
    let (left, right, len) = (rows(left()), rows(right()), records());
    let bits = bits(len);
    if bits == 0 {
        return Chains::of(right, len).probe(left);
    }
    let parts = deal(left, len, bits)
        .into_iter()
        .zip(deal(right, len, bits));
    let sums = parts.map(|(left, right)| {
        let len = right.len();
        Chains::of(right.into_iter(), len).probe(left.into_iter())
    });
    sums.fold(0, u64::wrapping_add)
}

/// What the tasks have dealt out to one part.
fn part_of(dealt: &[Parts], part: usize) -> impl Iterator<Item = Pair> {
    dealt
        .iter()
        .flat_map(move |parts| parts[part].iter().copied())
}

/// Each thread deals out a half of either side; then the parts are joined in parallel.
pub(super) fn rayon() -> u64 {
    let bits = bits(records()).max(1);
    let dealt = |pairs: &'static Pairs| -> Vec<Parts> {
        let halves: Vec<_> = pairs.chunks(pairs.len().div_ceil(2)).collect();
        let dealt = halves
            .into_par_iter()
            .map(|half| deal(rows(half), records() / 2, bits));
        dealt.collect()
    };
    let (left, right) = (dealt(left()), dealt(right()));
    let sums = (0..1 << bits).into_par_iter().map(|part| {
        let len = right.iter().map(|half| half[part].len()).sum();
        Chains::of(part_of(&right, part), len).probe(part_of(&left, part))
    });
    sums.reduce(|| 0, u64::wrapping_add)
}
