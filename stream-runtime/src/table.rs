//! The table of the keyed operators: one entry per distinct key, in order of first appearance.

use std::mem;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::key::Key;

/// A key with its digest, and what is kept for it.
#[derive(Debug, Clone)]
pub struct Entry<K: Key, S> {
    digest: K::Digest,
    /// The key.
    pub key: K,
    /// What is kept for the key.
    pub value: S,
}

impl<K: Key, S> Entry<K, S> {
    /// An entry for `key`.
    #[inline(always)]
    pub fn new(key: K, value: S) -> Self {
        let digest = key.digest();
        Self { digest, key, value }
    }

    /// The hash of the key. What of it takes long is in the digest, which is carried along.
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        self.key.hash(&self.digest)
    }

    /// The same key with another value.
    #[inline(always)]
    pub fn with<T>(self, value: T) -> (S, Entry<K, T>) {
        let Self {
            digest,
            key,
            value: old,
        } = self;
        (old, Entry { digest, key, value })
    }

    /// Whether both entries have the same key.
    #[inline(always)]
    pub fn has_key_of<T>(&self, other: &Entry<K, T>) -> bool {
        self.digest == other.digest && self.key.same(&other.key)
    }
}

/// Only key and value travel; the hash is made again where they arrive, so it need not be trusted.
impl<K: Key + Serialize, S: Serialize> Serialize for Entry<K, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        (&self.key, &self.value).serialize(serializer)
    }
}

impl<'b, K: Key + Deserialize<'b>, S: Deserialize<'b>> Deserialize<'b> for Entry<K, S> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, value) = Deserialize::deserialize(deserializer)?;
        Ok(Self::new(key, value))
    }
}

/// Makes a vector forget its entries, without dropping them, unless it is itself forgotten.
struct ForgetsOnPanic<'t, T>(&'t mut Vec<T>);

impl<T> Drop for ForgetsOnPanic<'_, T> {
    fn drop(&mut self) {
        mem::forget(mem::take(self.0));
    }
}

/// Distinct keys with their values.
///
/// The entries stand in a vector in order of first appearance, so what is frequent is found early
/// and stays in the cache, and the order of the results does not depend on chance. Beside it is an
/// open-addressing index of four bytes a slot, at most half full, that grows without hashing any
/// key again. A slot has the position of an entry and, in the bits that are left, a *tag* of its
/// hash. Four slots are a group, and are compared with the tag of a key at once: whether a key is in
/// the first or the fourth of them is then no branch, which nobody could predict.
///
/// Memory: an entry (16 bytes beyond key, digest and value at most) and 8 to 16 bytes of index per key.
#[derive(Debug)]
pub struct Table<K: Key, S> {
    entries: Vec<Entry<K, S>>,
    groups: Box<[Group]>,
    /// The bits of a slot that hold a tag; those below hold the position, plus one.
    tag_bits: u32,
}

/// Slots that are looked at together. The first ones are taken; zero is an empty one.
type Group = [u32; GROUP];

/// How many slots a group has.
const GROUP: usize = 4;
/// The most keys one table can hold: a slot has 32 bits.
const KEYS_MAX: usize = u32::MAX as usize - 1;
const SLOTS_MIN: usize = 32;
/// A table that is not going to have more keys grows in no time.
const ROOM_MIN: usize = 256;

impl<K: Key, S> Default for Table<K, S> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            groups: Box::default(),
            tag_bits: 0,
        }
    }
}

impl<K: Key, S> Table<K, S> {
    /// A table with room for so many keys.
    pub fn with_room(keys: usize) -> Self {
        let mut table = Self::default();
        if keys >= ROOM_MIN {
            // A few more than last time are no reason to move all of them.
            table.entries.reserve(keys + keys / 8);
            table.index(keys.div_ceil(2));
        }
        table
    }

    /// A table over `entries`, whose keys must be distinct.
    pub fn from_distinct(entries: Vec<Entry<K, S>>) -> Self {
        let mut table = Self {
            entries,
            ..Self::default()
        };
        table.index(table.entries.len());
        table
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in order of first appearance of their keys.
    pub fn into_entries(self) -> Vec<Entry<K, S>> {
        self.entries
    }

    /// The entry at a position that [`Self::insert_with`] gave.
    #[inline(always)]
    pub fn entry_mut(&mut self, at: usize) -> &mut Entry<K, S> {
        &mut self.entries[at]
    }

    /// Puts what `f` makes of the value at a position in its place. There is no moment at which nothing
    /// is there, so values need not be options.
    ///
    /// # Panics
    ///
    /// If `f` does. The table is without entries then; what was in them is not dropped.
    #[inline(always)]
    #[expect(
        unsafe_code,
        reason = "an option around each value costs a word of memory for each key, a third of an entry of numbers"
    )]
    pub(crate) fn update(&mut self, at: usize, f: impl FnOnce(S) -> S) {
        let forgets = ForgetsOnPanic(&mut self.entries);
        let value: *mut S = &mut forgets.0[at].value;
        // SAFETY: the pointer is that of a value which is borrowed mutably, by nobody else, until the
        // end of this function. The value is moved out, and another one moved in before the entry
        // is seen again: if `f` panics instead, the vector forgets its entries without dropping them.
        unsafe { value.write(f(value.read())) };
        mem::forget(forgets);
    }

    /// Finds the entry of `key`, or adds one with the value that `create` makes of `value`. Hands
    /// back `value` if the key was there, with the position of the entry.
    #[inline(always)]
    pub fn insert_with<V>(
        &mut self,
        key: K,
        value: V,
        create: impl FnOnce(V) -> S,
    ) -> (usize, Option<V>) {
        self.insert_entry(Entry::new(key, value), create)
    }

    /// As [`Self::insert_with`], for an entry that was hashed before.
    #[inline(always)]
    pub fn insert_entry<V>(
        &mut self,
        entry: Entry<K, V>,
        create: impl FnOnce(V) -> S,
    ) -> (usize, Option<V>) {
        match self.find(&entry) {
            Some(at) => (at, Some(entry.value)),
            None => {
                let (value, entry) = entry.with(());
                let ((), entry) = entry.with(create(value));
                (self.add(entry), None)
            }
        }
    }

    /// The position of a key. What to do for one that is not there is apart from this, so that nothing
    /// has to be kept for it in the loop that most keys take.
    #[inline(always)]
    pub(crate) fn find<V>(&self, sought: &Entry<K, V>) -> Option<usize> {
        let hash = sought.hash();
        let (tag, mask) = (self.tag_of(hash), self.groups.len().wrapping_sub(1));
        let mut group = hash as usize & mask;
        while let Some(slots) = self.groups.get(group) {
            let mut matches = matches(slots, tag, self.tag_bits);
            while matches != 0 {
                let slot = slots[matches.trailing_zeros() as usize];
                let at = ((slot & !self.tag_bits) as usize).wrapping_sub(1);
                match self.entries.get(at) {
                    Some(entry) if entry.has_key_of(sought) => return Some(at),
                    Some(_) => matches &= matches - 1,
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

    /// The tag of a hash: bits by which keys fall neither into partitions nor, in a table that is not
    /// huge, into groups.
    #[inline(always)]
    fn tag_of(&self, hash: u64) -> u32 {
        (hash >> 16) as u32 & self.tag_bits
    }

    /// Adds an entry whose key is not there.
    #[inline(never)]
    pub(crate) fn add(&mut self, entry: Entry<K, S>) -> usize {
        let (at, hash) = (self.entries.len(), entry.hash());
        self.entries.push(entry);
        // At most half of the slots are taken, so every probe ends at an empty one.
        if self.entries.len() * 2 > self.groups.len() * GROUP {
            self.index(at + 1);
        } else {
            self.place(hash, at);
        }
        at
    }

    /// Puts a position into the first empty slot for its hash.
    #[inline]
    fn place(&mut self, hash: u64, at: usize) {
        let (tag, mask) = (self.tag_of(hash), self.groups.len() - 1);
        let mut group = hash as usize & mask;
        loop {
            let slots = &mut self.groups[group];
            if let Some(slot) = slots.iter_mut().find(|slot| **slot == 0) {
                *slot = (at as u32 + 1) | tag;
                return;
            }
            group = (group + 1) & mask;
        }
    }

    /// Builds an index with room for twice `keys`.
    #[cold]
    #[inline(never)]
    fn index(&mut self, keys: usize) {
        assert!(
            keys <= KEYS_MAX,
            "a table holds at most {KEYS_MAX} keys: use more partitions"
        );
        let len = (keys.saturating_sub(1) * 4)
            .next_power_of_two()
            .max(SLOTS_MIN);
        self.groups = vec![[0; GROUP]; len / GROUP].into_boxed_slice();
        // Before the next index there are at most half as many positions as slots.
        self.tag_bits = !u32::try_from(len - 1).unwrap_or(u32::MAX);
        for at in 0..self.entries.len() {
            self.place(self.entries[at].hash(), at);
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
    use super::*;

    #[test]
    fn keys_are_kept_once_in_order_of_first_appearance() {
        let mut table: Table<u64, u64> = Table::default();
        for key in [5u64, 7, 5, 9, 7, 5] {
            let (at, again) = table.insert_with(key, 1, |one| one);
            if let Some(one) = again {
                table.entry_mut(at).value += one;
            }
        }
        let counts: Vec<_> = table
            .into_entries()
            .into_iter()
            .map(|e| (e.key, e.value))
            .collect();
        assert_eq!(counts, [(5, 3), (7, 2), (9, 1)]);
    }

    #[test]
    fn a_value_that_was_moved_out_is_not_dropped_again_after_a_panic() {
        let mut table: Table<u64, Vec<u64>> = Table::default();
        let (at, _) = table.insert_with(1, vec![7], |value| value);
        table.update(at, |value| [value, vec![8]].concat());
        assert_eq!(table.entry_mut(at).value, [7, 8]);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            table.update(at, |value| panic!("{value:?}"));
        }));
        assert!(failed.is_err());
        let (_, again) = table.insert_with(1, vec![9], |value| value);
        assert_eq!((again, table.len()), (None, 1));
    }

    #[test]
    fn growth_loses_no_key() {
        let mut table: Table<String, usize> = Table::default();
        for round in 0..2 {
            for key in 0..10_000 {
                let (at, again) = table.insert_with(format!("key {key}"), key, |key| key);
                assert_eq!((at, again.is_some()), (key, round == 1));
            }
        }
        assert_eq!(table.len(), 10_000);
    }
}
