//! By hand: the loops an expert would write, with the fastest maps, and what a thread can add up by
//! itself added up before the threads meet.
//!
//! What is done with one event, or with the state of one key, is the code of the queries: it is the same
//! whoever calls it.

pub(super) mod join;
pub(super) mod narrow;
pub(super) mod statistics;
pub(super) mod totals;
pub(super) mod windows;

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::digest::{Digest, answer};
use super::queries::event::{Bid, bid};
use super::{Asked, Blocks, batches};
use crate::by_hand::Map;
use crate::contest::{Times, timed};

/// A query by hand, with what it remembers.
pub(super) trait Hand: Default {
    /// A row of its answer.
    type Row: Digest;

    /// The rows of a batch, a vector for each thread.
    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>>;
}

pub(super) fn run<Q: Asked>(count: u64, threads: usize) -> (u64, Times) {
    let (mut hand, mut batches) = (Q::Hand::default(), batches().iter());
    timed(count, || {
        let blocks = batches.next().map_or(&[][..], |blocks| blocks);
        answer(&hand.batch(blocks, threads), Q::EVERY)
    })
}

/// The bids of some blocks.
#[inline(always)]
fn for_each_bid(blocks: &'static Blocks, mut f: impl FnMut(&'static Bid)) {
    for block in blocks {
        for event in &block.0 {
            if let Some(bid) = bid(event) {
                f(bid);
            }
        }
    }
}

/// Does something to the blocks of each thread.
fn in_halves<T: Send>(
    blocks: &'static Blocks,
    threads: usize,
    f: impl Fn(&'static Blocks) -> T + Sync,
) -> Vec<T> {
    if threads == 1 {
        return vec![f(blocks)];
    }
    let (first, second) = blocks.split_at(blocks.len() / 2);
    let (a, b) = rayon::join(|| f(first), || f(second));
    vec![a, b]
}

/// Does something to each part and what came for it, each on a thread of its own.
fn in_parts<P: Send, E: Send, R: Send>(
    parts: &mut [P; 2],
    came: Vec<E>,
    f: impl Fn(&mut P, E) -> R + Sync,
) -> Vec<R> {
    let [first, second] = parts;
    let mut came = came.into_iter();
    match (came.next(), came.next()) {
        (Some(a), Some(b)) => {
            let (a, b) = rayon::join(|| f(first, a), || f(second, b));
            vec![a, b]
        }
        (Some(a), None) => vec![f(first, a)],
        _ => Vec::new(),
    }
}

/// Which of two parts a key belongs to.
#[inline(always)]
fn part_of<K: Hash>(key: &K) -> usize {
    (FixedState::default().hash_one(key) >> 40 & 1) as usize
}

/// A table of the bids for each part of the keys: each thread makes one of its half of the batch, and
/// these are merged by parts.
fn tables<K: Hash + Eq + Send, V: Send>(
    blocks: &'static Blocks,
    threads: usize,
    insert: impl Fn(&mut Map<K, V>, &'static Bid) + Sync,
    add: impl Fn(&mut V, V) + Sync,
) -> Vec<Map<K, V>> {
    let tables = in_halves(blocks, threads, |blocks| {
        let mut table = Map::default();
        for_each_bid(blocks, |bid| insert(&mut table, bid));
        table
    });
    by_parts(tables, part_of, add)
}

/// Tables of the halves as tables of the parts of the keys. One table is all parts.
fn by_parts<K: Hash + Eq + Send, V: Send>(
    mut tables: Vec<Map<K, V>>,
    part_of: impl Fn(&K) -> usize + Sync,
    add: impl Fn(&mut V, V) + Sync,
) -> Vec<Map<K, V>> {
    let split = |table: Map<K, V>| {
        let mut parts = [Vec::new(), Vec::new()];
        for (key, value) in table {
            parts[part_of(&key)].push((key, value));
        }
        parts
    };
    if tables.len() == 1 {
        return tables;
    }
    let (b, a) = (
        tables.pop().unwrap_or_default(),
        tables.pop().unwrap_or_default(),
    );
    let ([a0, a1], [b0, b1]) = rayon::join(|| split(a), || split(b));
    let mut parts = [Map::default(), Map::default()];
    in_parts(&mut parts, vec![[a0, b0], [a1, b1]], |table, pairs| {
        for pair in pairs.into_iter().flatten() {
            put(table, pair, &add);
        }
    });
    parts.into()
}

#[inline(always)]
fn put<K: Hash + Eq, V>(table: &mut Map<K, V>, (key, value): (K, V), add: impl Fn(&mut V, V)) {
    match table.entry(key) {
        hashbrown::hash_map::Entry::Occupied(mut total) => add(total.get_mut(), value),
        hashbrown::hash_map::Entry::Vacant(place) => {
            place.insert(value);
        }
    }
}
