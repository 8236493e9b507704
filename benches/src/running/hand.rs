//! By hand: a `hashbrown` map that stays; with `rayon` one for each half of the keys, to which the two
//! threads deal the records out first.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use foldhash::fast::FixedState;
use rayon::prelude::*;
use stream_runtime::{Rows, Text};

use super::{all_names, keys, names};
use crate::answer::{fnv1a, item};
use crate::by_hand::Map;
use crate::contest::{Times, timed};
use crate::data::{key64, lines_of};

pub(super) fn of_numbers(batches: u64, there: u64) -> (u64, Times) {
    let mut counts: Map<u64, u64> = (0..there).map(|key| (key64(key), 0)).collect();
    timed(batches, || {
        let mut sum = 0u64;
        for key in keys(there).iter().flat_map(|rows| &rows.0) {
            let count = counts.entry(*key).or_insert(0);
            *count += 1;
            sum = sum.wrapping_add(item(*key, *count));
        }
        sum
    })
}

pub(super) fn of_names(batches: u64) -> (u64, Times) {
    let mut counts: Map<String, u64> = all_names().iter().map(|name| (name.clone(), 0)).collect();
    timed(batches, || {
        let lines = names().iter().flat_map(|block| lines_of(block));
        counted(&mut counts, lines)
    })
}

/// Counts names, each of which is owned when it comes for the first time.
fn counted<'b>(counts: &mut Map<String, u64>, names: impl Iterator<Item = &'b str>) -> u64 {
    let mut sum = 0u64;
    for name in names {
        let count = counts.entry_ref(name).or_insert(0);
        *count += 1;
        sum = sum.wrapping_add(item(fnv1a(name.as_bytes()), *count));
    }
    sum
}

/// Which of the two maps has the key.
fn half_of(key: &(impl Hash + ?Sized)) -> usize {
    (FixedState::default().hash_one(key) >> 40 & 1) as usize
}

/// Deals the keys out to two halves, each half of the blocks on a thread; gives what each map is to get,
/// from both threads.
fn dealt<B: Sync, K: Hash + Send, I: Iterator<Item = K>>(
    blocks: &'static [B],
    keys_of: impl Fn(&'static B) -> I + Sync,
) -> [[Vec<K>; 2]; 2] {
    let deal = |blocks: &'static [B]| {
        let mut halves = [Vec::new(), Vec::new()];
        for key in blocks.iter().flat_map(&keys_of) {
            halves[half_of(&key)].push(key);
        }
        halves
    };
    let (first, second) = blocks.split_at(blocks.len() / 2);
    let ([a0, a1], [b0, b1]) = rayon::join(|| deal(first), || deal(second));
    [[a0, b0], [a1, b1]]
}

/// The map for each half of the keys.
fn halves<K: Hash + Eq>(
    keys: impl Iterator<Item = K>,
    half: impl Fn(&K) -> usize,
) -> [Map<K, u64>; 2] {
    let mut maps = [Map::default(), Map::default()];
    for key in keys {
        maps[half(&key)].insert(key, 0);
    }
    maps
}

pub(super) fn of_numbers_on_rayon(batches: u64, there: u64) -> (u64, Times) {
    let mut maps = halves((0..there).map(key64), half_of);
    let of_block = |block: &'static Arc<Rows<u64>>| block.0.iter().copied();
    timed(batches, || {
        let sums = maps.par_iter_mut().zip(dealt(keys(there), of_block));
        let sums = sums.map(|(counts, keys)| {
            let mut sum = 0u64;
            for key in keys.into_iter().flatten() {
                let count = counts.entry(key).or_insert(0);
                *count += 1;
                sum = sum.wrapping_add(item(key, *count));
            }
            sum
        });
        sums.reduce(|| 0, u64::wrapping_add)
    })
}

pub(super) fn of_names_on_rayon(batches: u64) -> (u64, Times) {
    let mut maps = halves(all_names().iter().cloned(), |name| half_of(name.as_str()));
    let of_block = |block: &'static Arc<Text>| lines_of(block);
    timed(batches, || {
        let sums = maps.par_iter_mut().zip(dealt(names(), of_block));
        let sums = sums.map(|(counts, names)| counted(counts, names.into_iter().flatten()));
        sums.reduce(|| 0, u64::wrapping_add)
    })
}
