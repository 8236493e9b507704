//! Where the entries of a table are: by the numbers that their keys are, or by the hashes of their keys.

use super::Entry;
use crate::key::Key;
use crate::prefetch::prefetch;

/// Slots with the positions of entries, plus one; zero is an empty slot. One of the two is empty.
#[derive(Debug, Default)]
pub(super) struct Index {
    numbers: Numbers,
    hashes: Hashes,
    outgrows_cache: bool,
}

/// The slots of consecutive numbers.
#[derive(Debug, Default)]
struct Numbers {
    /// The number of the first slot. What is beyond the largest number goes on at zero.
    first: u64,
    slots: Box<[u32]>,
}

/// An open-addressing table. In the bits that a position leaves, a slot has a *tag* of the hash. Four slots
/// are a group, and are compared with the tag of a key at once: whether a key is in the first or the fourth
/// of them is then no branch, which nobody could predict.
#[derive(Debug, Default)]
struct Hashes {
    groups: Box<[Group]>,
    /// The bits of a slot that hold a tag; those below hold the position.
    tag_bits: u32,
}

/// Slots that are looked at together. The first ones are taken.
type Group = [u32; GROUP];

/// How many slots a group has.
const GROUP: usize = 4;
/// The most keys one table can hold: a slot has 32 bits.
const KEYS_MAX: usize = u32::MAX as usize - 1;
const SLOTS_MIN: usize = 32;
/// A larger table is not in the caches of a core, and hardly in those behind them.
const BYTES_IN_CACHE: usize = 4 << 20;

impl Index {
    /// An index over `entries` with room for twice as many `keys`.
    #[cold]
    #[inline(never)]
    pub(super) fn over<K: Key, S>(entries: &[Entry<K, S>], keys: usize) -> Self {
        assert!(
            keys <= KEYS_MAX,
            "a table holds at most {KEYS_MAX} keys: use more partitions"
        );
        let slots = (keys.saturating_sub(1) * 4)
            .next_power_of_two()
            .max(SLOTS_MIN);
        let bytes = slots * size_of::<u32>() + slots / 2 * size_of::<Entry<K, S>>();
        let mut index = Self {
            outgrows_cache: bytes > BYTES_IN_CACHE,
            ..Self::default()
        };
        match first_number(entries, slots) {
            Some(first) => {
                let slots = vec![0; slots].into_boxed_slice();
                index.numbers = Numbers { first, slots };
            }
            None => index.hashes = Hashes::with_slots(slots),
        }
        for (at, entry) in entries.iter().enumerate() {
            index.place(entry, at);
        }
        index
    }

    /// The position of a key, of which `is` tells whether it stands there, and nothing where no entry is.
    #[inline(always)]
    pub(super) fn find<K: Key, V>(
        &self,
        sought: &Entry<K, V>,
        is: impl Fn(usize) -> Option<bool>,
    ) -> Option<usize> {
        if self.hashes.groups.is_empty() {
            let slot = *self.numbers.slot(&*sought.key())?;
            let at = (slot as usize).wrapping_sub(1);
            return is(at)?.then_some(at);
        }
        self.hashes.find(sought.hash(), is)
    }

    /// Whether the index and its entries are larger than what a core has in its cache.
    #[inline(always)]
    pub(super) fn outgrows_cache(&self) -> bool {
        self.outgrows_cache
    }

    /// Where the keys that are sought are likely to be, in `guesses`; `ask` is to ask for the memory of an entry.
    /// The index is asked for all of them first.
    #[inline(always)]
    pub(super) fn guess<K: Key, V>(
        &self,
        sought: &[Entry<K, V>],
        guesses: &mut [u64],
        ask: impl Fn(usize),
    ) {
        if self.hashes.groups.is_empty() {
            let slots = || sought.iter().map(|entry| self.numbers.slot(&*entry.key()));
            slots().flatten().for_each(prefetch);
            for (guess, slot) in guesses.iter_mut().zip(slots()) {
                *guess = u64::from(slot.copied().unwrap_or_default()).wrapping_sub(1);
                ask(*guess as usize);
            }
        } else {
            for (guess, entry) in guesses.iter_mut().zip(sought) {
                *guess = entry.hash();
                self.hashes.home(*guess).into_iter().for_each(prefetch);
            }
            for guess in guesses.iter_mut() {
                let is_taken = |at| (at != usize::MAX).then_some(true);
                let at = self.hashes.find(*guess, is_taken);
                *guess = at.map_or(u64::MAX, |at| at as u64);
                ask(*guess as usize);
            }
        }
    }

    /// Puts the position of a new entry in, if there is a slot for it.
    #[inline]
    pub(super) fn place<K: Key, S>(&mut self, entry: &Entry<K, S>, at: usize) -> bool {
        if !self.hashes.groups.is_empty() {
            return self.hashes.place(entry.hash(), at);
        }
        let Some(slot) = self.numbers.slot_mut(&*entry.key()) else {
            return false;
        };
        *slot = at as u32 + 1;
        true
    }
}

/// The number of the first of so many slots with which the keys of all entries have one, and not too many are
/// left over. As many of those stand before the smallest number as behind the largest.
fn first_number<K: Key, S>(entries: &[Entry<K, S>], slots: usize) -> Option<u64> {
    let one = entries.first()?.key().number()?;
    let (mut below, mut above) = (0, 0);
    for entry in entries {
        // The way from the first key, in the direction in which it is shorter.
        let way = entry.key().number()?.wrapping_sub(one).cast_signed();
        (below, above) = (way.min(below), way.max(above));
        if above.abs_diff(below) >= slots as u64 / 2 {
            return None;
        }
    }
    let margin = (slots as u64 - above.abs_diff(below)) / 2;
    Some(one.wrapping_add_signed(below).wrapping_sub(margin))
}

impl Numbers {
    /// Where the slot of a key is.
    #[inline(always)]
    fn place_of(&self, key: &impl Key) -> Option<usize> {
        usize::try_from(key.number()?.wrapping_sub(self.first)).ok()
    }

    #[inline(always)]
    fn slot(&self, key: &impl Key) -> Option<&u32> {
        self.slots.get(self.place_of(key)?)
    }

    #[inline(always)]
    fn slot_mut(&mut self, key: &impl Key) -> Option<&mut u32> {
        self.slots.get_mut(self.place_of(key)?)
    }
}

impl Hashes {
    fn with_slots(slots: usize) -> Self {
        Self {
            groups: vec![[0; GROUP]; slots / GROUP].into_boxed_slice(),
            // There are at most half as many positions as slots.
            tag_bits: !u32::try_from(slots - 1).unwrap_or(u32::MAX),
        }
    }

    /// The group in which a hash is looked for first.
    #[inline(always)]
    fn home(&self, hash: u64) -> Option<&Group> {
        self.groups.get(hash as usize & self.mask())
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        self.groups.len().wrapping_sub(1)
    }

    /// The tag of a hash: bits by which keys fall neither into partitions nor, in a table that is not
    /// huge, into groups.
    #[inline(always)]
    fn tag_of(&self, hash: u64) -> u32 {
        (hash >> 16) as u32 & self.tag_bits
    }

    /// The position with this hash that `is` accepts.
    #[inline(always)]
    fn find(&self, hash: u64, is: impl Fn(usize) -> Option<bool>) -> Option<usize> {
        let (tag, mask) = (self.tag_of(hash), self.mask());
        let mut group = hash as usize & mask;
        while let Some(slots) = self.groups.get(group) {
            let mut matches = matches(slots, tag, self.tag_bits);
            while matches != 0 {
                let slot = slots[matches.trailing_zeros() as usize];
                let at = ((slot & !self.tag_bits) as usize).wrapping_sub(1);
                match is(at) {
                    Some(true) => return Some(at),
                    Some(false) => matches &= matches - 1,
                    None => return None, // an empty slot looks like this tag
                }
            }
            if slots[GROUP - 1] == 0 {
                return None;
            }
            group = (group + 1) & mask;
        }
        None
    }

    /// Puts a position into the first empty slot for its hash, unless half of all slots are taken: so
    /// every probe ends at an empty one.
    #[inline]
    fn place(&mut self, hash: u64, at: usize) -> bool {
        if (at + 1) * 2 > self.groups.len() * GROUP {
            return false;
        }
        let (tag, mask) = (self.tag_of(hash), self.mask());
        let mut group = hash as usize & mask;
        loop {
            let slots = &mut self.groups[group];
            if let Some(slot) = slots.iter_mut().find(|slot| **slot == 0) {
                *slot = (at as u32 + 1) | tag;
                return true;
            }
            group = (group + 1) & mask;
        }
    }
}

/// The slots of a group with this tag, as bits; empty ones may be among them.
#[inline(always)]
fn matches(slots: &Group, tag: u32, tag_bits: u32) -> u32 {
    let mut bits = 0;
    for (place, slot) in slots.iter().enumerate() {
        bits |= u32::from(slot & tag_bits == tag) << place;
    }
    bits
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::table::Table;

    /// Counts keys in a table and in a map, and tells whether the table found them by their numbers.
    fn by_numbers<K: Key + Eq + std::hash::Hash + std::fmt::Debug>(
        room: usize,
        keys: impl IntoIterator<Item = K>,
    ) -> bool {
        let (mut table, mut counts) = (Table::with_room(room), HashMap::new());
        for key in keys {
            *counts.entry(key.clone()).or_insert(0) += 1;
            let (at, again) = table.insert_with(key, 1, |one| one);
            if let Some(one) = again {
                table.update(at, |count| count + one);
            }
        }
        let is_by_numbers = !table.index.numbers.slots.is_empty();
        let entries = table.into_entries();
        assert_eq!(entries.len(), counts.len());
        for entry in entries {
            assert_eq!(
                counts.get(&*entry.key()),
                Some(&entry.value),
                "{:?}",
                *entry.key()
            );
        }
        is_by_numbers
    }

    /// So many numbers in an order without a pattern, twice.
    fn shuffled(count: u64) -> impl Iterator<Item = u64> {
        (0..2 * count).map(move |at| at * 7_919 % count)
    }

    #[test]
    fn numbers_near_each_other_need_no_hash_wherever_they_are() {
        for first in [0, 1, 1 << 40, u64::MAX - 5_000, 1 << 63, (1 << 63) - 5_000] {
            for room in [0, 10_000] {
                let keys = shuffled(10_000).map(|number| first.wrapping_add(number));
                assert!(by_numbers(room, keys), "from {first} on, room for {room}");
            }
        }
        let around_zero = shuffled(10_000).map(|number| number as i32 - 5_000);
        assert!(by_numbers(0, around_zero));
        assert!(by_numbers(0, '!'..='~'));
    }

    #[test]
    fn numbers_far_from_each_other_are_hashed_and_so_are_other_keys() {
        for room in [0, 10_000] {
            assert!(!by_numbers(
                room,
                shuffled(10_000).map(|number| number << 20)
            ));
            assert!(!by_numbers(
                room,
                shuffled(10_000).map(|number| number.to_string())
            ));
            let one_is_far = shuffled(10_000).chain([1 << 50]).chain(shuffled(10_000));
            assert!(!by_numbers(room, one_is_far));
        }
    }

    #[test]
    fn numbers_that_grow_are_followed_as_long_as_they_are_near_each_other() {
        assert!(by_numbers(0, 0..100_000u64));
        assert!(by_numbers(0, (0..100_000u64).rev()));
        assert!(by_numbers(100_000, 5_000_000..5_100_000u64));
        assert!(!by_numbers(0, (0..60).map(|bit| 1u64 << bit)));
    }
}
