//! The table of the keyed operators: one entry per distinct key, in order of first appearance.

use std::mem;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::key::{Held, Key};
use crate::prefetch::prefetch;

mod index;

use index::Index;

/// A key with its digest, and what is kept for it.
#[derive(Debug, Clone)]
pub struct Entry<K: Key, S> {
    held: K::Held,
    /// What is kept for the key.
    pub value: S,
}

impl<K: Key, S> Entry<K, S> {
    /// An entry for `key`.
    #[inline(always)]
    pub fn new(key: K, value: S) -> Self {
        let held = K::Held::new(key);
        Self { held, value }
    }

    /// The key.
    #[inline(always)]
    pub fn key(&self) -> impl Deref<Target = K> {
        self.held.key()
    }

    /// The key itself.
    #[inline(always)]
    pub fn into_key(self) -> K {
        self.held.into_key()
    }

    /// The key and what is kept for it.
    #[inline(always)]
    pub fn into_pair(self) -> (K, S) {
        (self.held.into_key(), self.value)
    }

    /// The hash of the key. What of it takes long is in the digest, which is carried along.
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        self.held.hash()
    }

    /// The same key with another value.
    #[inline(always)]
    pub fn with<T>(self, value: T) -> (S, Entry<K, T>) {
        let Self { held, value: old } = self;
        (old, Entry { held, value })
    }

    /// Whether both entries have the same key.
    #[inline(always)]
    pub fn has_key_of<T>(&self, other: &Entry<K, T>) -> bool {
        self.held.same(&other.held)
    }
}

/// Only key and value travel; the hash is made again where they arrive, so it need not be trusted.
impl<K: Key + Serialize, S: Serialize> Serialize for Entry<K, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        (&*self.key(), &self.value).serialize(serializer)
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
/// [`Index`] of four bytes a slot, at most half full, that grows without hashing any key again.
///
/// Memory: an entry (what is held of the key, and the value) and 8 to 16 bytes of index per key.
#[derive(Debug)]
pub(crate) struct Table<K: Key, S> {
    entries: Vec<Entry<K, S>>,
    index: Index,
    /// An index has room for twice as many keys at least.
    room: usize,
}

/// A table that is not going to have more keys grows in no time.
const ROOM_MIN: usize = 256;

impl<K: Key, S> Default for Table<K, S> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            index: Index::default(),
            room: 0,
        }
    }
}

impl<K: Key, S> Table<K, S> {
    /// A table with room for so many keys.
    pub(crate) fn with_room(keys: usize) -> Self {
        let mut table = Self::default();
        if keys >= ROOM_MIN {
            // A few more than last time are no reason to move all of them.
            table.entries.reserve(keys + keys / 8);
            table.room = keys.div_ceil(2);
        }
        table
    }

    /// A table over `entries`, whose keys must be distinct.
    pub(crate) fn from_distinct(entries: Vec<Entry<K, S>>) -> Self {
        Self {
            index: Index::over(&entries, entries.len()),
            entries,
            room: 0,
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries, in order of first appearance of their keys.
    pub(crate) fn into_entries(self) -> Vec<Entry<K, S>> {
        self.entries
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
    pub(crate) fn insert_with<V>(
        &mut self,
        key: K,
        value: V,
        create: impl FnOnce(V) -> S,
    ) -> (usize, Option<V>) {
        self.insert_entry(Entry::new(key, value), create)
    }

    /// As [`Self::insert_with`], for an entry that was hashed before.
    #[inline(always)]
    pub(crate) fn insert_entry<V>(
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
        self.index.find(sought, |at| {
            let entry = self.entries.get(at)?;
            Some(entry.has_key_of(sought))
        })
    }

    /// Whether the table is so large that the memory of a key is likely not to be in the cache of the processor.
    /// Then it pays to [`guess`](Self::guess) where many keys are.
    #[inline(always)]
    pub(crate) fn outgrows_cache(&self) -> bool {
        self.index.outgrows_cache()
    }

    /// Positions at which keys are likely to be, in `guesses`: [`is_at`](Self::is_at) tells whether they are.
    /// The memory of all of them is fetched at the same time, where [`find`](Self::find) would wait for it
    /// key by key.
    #[inline(always)]
    pub(crate) fn guess<V>(&self, sought: &[Entry<K, V>], guesses: &mut [u64]) {
        let ask = |at| self.entries.get(at).into_iter().for_each(prefetch);
        self.index.guess(sought, guesses, ask);
    }

    /// Whether a key stands at a position.
    #[inline(always)]
    pub(crate) fn is_at<V>(&self, at: usize, sought: &Entry<K, V>) -> bool {
        let entry = self.entries.get(at);
        entry.is_some_and(|entry| entry.has_key_of(sought))
    }

    /// Adds an entry whose key is not there.
    #[inline(never)]
    pub(crate) fn add(&mut self, entry: Entry<K, S>) -> usize {
        let at = self.entries.len();
        let is_placed = self.index.place(&entry, at);
        self.entries.push(entry);
        if !is_placed {
            let keys = self.entries.len().max(self.room);
            self.index = Index::over(&self.entries, keys);
        }
        at
    }
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
                table.update(at, |count| count + one);
            }
        }
        let counts: Vec<_> = table
            .into_entries()
            .into_iter()
            .map(Entry::into_pair)
            .collect();
        assert_eq!(counts, [(5, 3), (7, 2), (9, 1)]);
    }

    #[test]
    fn a_value_that_was_moved_out_is_not_dropped_again_after_a_panic() {
        let mut table: Table<u64, Vec<u64>> = Table::default();
        let (at, _) = table.insert_with(1, vec![7], |value| value);
        table.update(at, |value| [value, vec![8]].concat());
        assert_eq!(table.entries[at].value, [7, 8]);
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
