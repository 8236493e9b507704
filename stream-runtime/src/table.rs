//! The table of the keyed operators: one entry per distinct key, in order of first appearance.

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
        self.is(&other.digest, &other.key)
    }

    #[inline(always)]
    fn is(&self, digest: &K::Digest, key: &K) -> bool {
        self.digest == *digest && self.key.same(key)
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

/// Distinct keys with their values.
///
/// The entries stand in a vector in order of first appearance, so what is frequent is found early
/// and stays in the cache, and the order of the results does not depend on chance. Beside it is an
/// open-addressing index of four bytes a slot, at most half full, that grows without hashing any
/// key again.
///
/// Memory: an entry (16 bytes beyond key, digest and value at most) and 8 to 16 bytes of index per key.
#[derive(Debug)]
pub struct Table<K: Key, S> {
    entries: Vec<Entry<K, S>>,
    /// Indices into `entries`, plus one; zero is an empty slot. A power of two in length.
    slots: Box<[u32]>,
}

/// The most keys one table can hold: its index is of 32 bits.
const KEYS_MAX: usize = u32::MAX as usize - 1;
const SLOTS_MIN: usize = 32;

impl<K: Key, S> Default for Table<K, S> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            slots: Box::default(),
        }
    }
}

impl<K: Key, S> Table<K, S> {
    /// A table without keys. Allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table over `entries`, whose keys must be distinct.
    pub fn from_distinct(entries: Vec<Entry<K, S>>) -> Self {
        let mut table = Self {
            entries,
            slots: Box::default(),
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
        let Entry { digest, key, value } = entry;
        match self.locate(&digest, &key) {
            Ok(at) => (at, Some(value)),
            Err(slot) => {
                let value = create(value);
                (self.add(slot, Entry { digest, key, value }), None)
            }
        }
    }

    /// The position of the key, or the empty slot where it belongs.
    #[inline(always)]
    fn locate(&self, digest: &K::Digest, key: &K) -> Result<usize, usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = key.hash(digest) as usize & mask;
        while let Some(&index) = self.slots.get(slot) {
            if index == 0 {
                return Err(slot);
            }
            let at = index as usize - 1;
            if self.entries[at].is(digest, key) {
                return Ok(at);
            }
            slot = (slot + 1) & mask;
        }
        Err(0) // there is no index yet
    }

    #[inline(always)]
    fn add(&mut self, slot: usize, entry: Entry<K, S>) -> usize {
        let at = self.entries.len();
        self.entries.push(entry);
        // At most half of the slots are taken, so every probe ends at an empty one.
        if self.entries.len() * 2 > self.slots.len() {
            self.index(at + 1);
        } else {
            self.slots[slot] = at as u32 + 1;
        }
        at
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
        let mut slots = vec![0u32; len].into_boxed_slice();
        for (at, entry) in self.entries.iter().enumerate() {
            let mut slot = entry.hash() as usize & (len - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (len - 1);
            }
            slots[slot] = at as u32 + 1;
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_once_in_order_of_first_appearance() {
        let mut table: Table<u64, u64> = Table::new();
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
    fn growth_loses_no_key() {
        let mut table: Table<String, usize> = Table::new();
        for round in 0..2 {
            for key in 0..10_000 {
                let (at, again) = table.insert_with(format!("key {key}"), key, |key| key);
                assert_eq!((at, again.is_some()), (key, round == 1));
            }
        }
        assert_eq!(table.len(), 10_000);
    }
}
