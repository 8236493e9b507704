//! The best that is known: keys are dealt out to parts by the hash, so that the table of a part stays in
//! the cache while they are counted; it has slots of sixteen bytes, key beside count, and the slot of a key
//! that comes later is asked for while nothing waits for it. With `rayon`, each thread deals out half of
//! the blocks, and then the parts are counted in parallel.

use std::sync::Arc;

use rayon::prelude::*;
use stream_runtime::Rows;

use super::keys;
use crate::answer::item;
use crate::contest::{Times, timed};
use crate::data::key64;
use crate::tuned::{Key, prefetch};

/// So many keys of a part that its slots stay in the cache of one core.
const PART: u64 = 1 << 16;
/// A key asks for its slot so many keys before it is counted.
const AHEAD: usize = 32;

/// A key, and one more than its count: a slot of zeros is empty.
#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    next: u64,
}

/// The counts of the keys of a part: open addressing by the low bits of the hash, at most half full.
struct Counts {
    slots: Vec<Slot>,
    keys: usize,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            slots: vec![Slot::default(); 64],
            keys: 0,
        }
    }
}

impl Counts {
    /// Where to look for a key first.
    #[inline(always)]
    fn home(&self, key: u64) -> usize {
        key.hash() as usize & (self.slots.len() - 1)
    }

    /// Where a key is, or the empty slot where it would be.
    #[inline(always)]
    fn find(&self, key: u64) -> usize {
        let mut at = self.home(key);
        while self.slots[at].key != key && self.slots[at].next != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    /// Counts keys, and gives the answer over what each of them comes to.
    fn count(&mut self, keys: &[u64]) -> u64 {
        let mut sum = 0u64;
        for (at, key) in keys.iter().enumerate() {
            if let Some(later) = keys.get(at + AHEAD) {
                prefetch(&self.slots[self.home(*later)]);
            }
            let mut at = self.find(*key);
            if self.slots[at].next == 0 {
                at = self.insert(*key);
            }
            let slot = &mut self.slots[at];
            sum = sum.wrapping_add(item(*key, slot.next));
            slot.next += 1;
        }
        sum
    }

    /// Adds a key that is not there; says where it is now.
    #[cold]
    #[inline(never)]
    fn insert(&mut self, key: u64) -> usize {
        self.keys += 1;
        if self.keys * 2 > self.slots.len() {
            let larger = vec![Slot::default(); self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, larger) {
                if slot.next != 0 {
                    let at = self.find(slot.key);
                    self.slots[at] = slot;
                }
            }
        }
        let at = self.find(key);
        self.slots[at] = Slot { key, next: 1 };
        at
    }
}

/// Deals keys out by the highest bits of the hash.
fn deal(blocks: &[Arc<Rows<u64>>], parts: &mut [Vec<u64>]) {
    let shift = 64 - parts.len().ilog2();
    parts.iter_mut().for_each(Vec::clear);
    for key in blocks.iter().flat_map(|rows| &rows.0) {
        parts[key.hash().unbounded_shr(shift) as usize].push(*key);
    }
}

fn parts(there: u64) -> Vec<Counts> {
    let parts = there.div_ceil(PART).next_power_of_two() as usize;
    let shift = 64 - parts.ilog2();
    let mut counts: Vec<Counts> = (0..parts).map(|_| Counts::default()).collect();
    for key in (0..there).map(key64) {
        counts[key.hash().unbounded_shr(shift) as usize].insert(key);
    }
    counts
}

pub(super) fn one_thread(batches: u64, there: u64) -> (u64, Times) {
    let mut counts = parts(there);
    let mut dealt = vec![Vec::new(); counts.len()];
    timed(batches, || {
        deal(keys(there), &mut dealt);
        let sums = counts.iter_mut().zip(&dealt);
        let sums = sums.map(|(counts, keys)| counts.count(keys));
        sums.fold(0, u64::wrapping_add)
    })
}

pub(super) fn rayon(batches: u64, there: u64) -> (u64, Times) {
    let mut counts = parts(there);
    let mut dealt = [(); 2].map(|()| vec![Vec::new(); counts.len()]);
    timed(batches, || {
        let (first, second) = keys(there).split_at(keys(there).len() / 2);
        let [a, b] = &mut dealt;
        rayon::join(|| deal(first, a), || deal(second, b));
        let dealt = a.par_iter().zip(&*b);
        let sums = counts.par_iter_mut().zip(dealt);
        let sums = sums.map(|(counts, (a, b))| counts.count(a).wrapping_add(counts.count(b)));
        sums.reduce(|| 0, u64::wrapping_add)
    })
}
