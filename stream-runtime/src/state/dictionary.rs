//! Numbers for keys.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::index::{Ahead, Index};
use crate::key::{Key, OwnedKey, StateKey};
use crate::prefetch::prefetch;
use crate::table::Entry;

/// The keys of one partition, each with a number.
///
/// A new key gets the lowest number that is free, so numbers are dense: what belongs to the keys
/// can stand in arrays, and work that is done key by key for every batch is done on numbers. A key
/// is looked up as the record has it, borrowed, and copied when it is seen for the first time.
///
/// Memory: room for as many keys as there ever were at a time, and 12 to 15 bytes for each key.
#[derive(Debug)]
pub(crate) struct Dictionary<K> {
    index: Index,
    /// By number.
    keys: Vec<Option<K>>,
    /// The numbers below the length that are free, and maybe some that are taken again.
    free: BinaryHeap<Reverse<u32>>,
    len: usize,
}

impl<K> Default for Dictionary<K> {
    fn default() -> Self {
        Self {
            index: Index::default(),
            keys: Vec::new(),
            free: BinaryHeap::new(),
            len: 0,
        }
    }
}

/// The most keys in a dictionary: the index counts from one, in 32 bits.
const KEYS_MAX: u32 = u32::MAX - 1;

impl<K: OwnedKey> Dictionary<K> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The number of a key.
    ///
    /// # Panics
    ///
    /// When it would be the 4,294,967,295th key of the partition.
    #[inline]
    pub(crate) fn number<'b, Q: StateKey<'b, Owned = K>>(&mut self, hash: u64, key: &Q) -> u32 {
        let is = |at: u32| self.key(at).is_some_and(|owned| key.is(owned));
        match self.index.find(hash, is) {
            Some(number) => number,
            None => {
                let number = self.next_free();
                self.add(hash, key.own(), number)
            }
        }
    }

    /// The number of a key, which is likely to be `guess`.
    #[inline(always)]
    pub(crate) fn number_by<'b, Q, V>(&mut self, guess: u32, entry: &Entry<Q, V>) -> u32
    where
        Q: StateKey<'b, Owned = K>,
    {
        match self.key(guess) {
            Some(owned) if entry.key().is(owned) => guess,
            _ => self.number(entry.hash(), &*entry.key()),
        }
    }

    /// Finds out which numbers the keys of the next of these entries are likely to have. `ahead` is new, or of
    /// the entries before these.
    #[inline(always)]
    pub(crate) fn look_ahead<Q: Key, V>(&self, entries: &[Entry<Q, V>], ahead: &mut Ahead) {
        let ask = |at: u32| self.keys.get(at as usize).into_iter().for_each(prefetch);
        self.index.look_ahead(entries, Entry::hash, ask, ahead);
    }

    /// The number of a key that is restored: `wanted` if that is free.
    pub(crate) fn restore(&mut self, key: K, wanted: Option<u32>) -> u32 {
        let digest = key.digest();
        let hash = key.hash(&digest);
        let is = |owned: &K| owned.digest() == digest && owned.same(&key);
        if let Some(number) = self.index.find(hash, |at| self.key(at).is_some_and(is)) {
            return number;
        }
        let free = |number: &u32| *number < KEYS_MAX && self.key(*number).is_none();
        let number = match wanted.filter(free) {
            Some(number) => number,
            None => self.next_free(),
        };
        self.add(hash, key, number)
    }

    #[inline(never)]
    fn add(&mut self, hash: u64, key: K, number: u32) -> u32 {
        assert!(
            number < KEYS_MAX,
            "a partition holds at most {KEYS_MAX} keys: use more partitions"
        );
        while self.keys.len() <= number as usize {
            self.free.push(Reverse(self.keys.len() as u32));
            self.keys.push(None);
        }
        self.keys[number as usize] = Some(key);
        self.index.insert(hash, number);
        self.len += 1;
        number
    }

    /// The lowest free number.
    fn next_free(&mut self) -> u32 {
        while let Some(Reverse(number)) = self.free.pop() {
            if self.key(number).is_none() {
                return number;
            }
        }
        self.keys.len() as u32
    }

    /// The key of a number, if there is one.
    #[inline(always)]
    pub(crate) fn key(&self, number: u32) -> Option<&K> {
        self.keys.get(number as usize)?.as_ref()
    }

    /// Takes a key out. Its number is free.
    pub(crate) fn forget(&mut self, number: u32) {
        let key = self.keys.get_mut(number as usize).and_then(Option::take);
        if let Some(key) = key {
            self.index.remove(key.hash(&key.digest()), number);
            self.free.push(Reverse(number));
            self.len -= 1;
        }
    }

    /// The keys by number; `None` where a number is free.
    pub(crate) fn keys(&self) -> &[Option<K>] {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use compact_str::CompactString;

    use super::*;

    fn number(keys: &mut Dictionary<CompactString>, key: &str) -> u32 {
        keys.number(key.hash(&key.digest()), &key)
    }

    #[test]
    fn the_lowest_free_number_is_given() {
        let mut keys = Dictionary::default();
        let numbers = ["a", "b", "a", "c"].map(|key| number(&mut keys, key));
        assert_eq!(numbers, [0, 1, 0, 2]);
        keys.forget(1);
        let numbers = ["d", "b", "c"].map(|key| number(&mut keys, key));
        assert_eq!(numbers, [1, 3, 2]);
        let all: Vec<_> = keys
            .keys()
            .iter()
            .flatten()
            .map(|key| key.as_str())
            .collect();
        assert_eq!((all, keys.len()), (vec!["a", "d", "c", "b"], 4));
    }

    #[test]
    fn what_is_restored_has_its_number_back() {
        let mut keys = Dictionary::default();
        let mut restore = |key, wanted| keys.restore(CompactString::new(key), wanted);
        assert_eq!(restore("a", Some(70)), 70);
        assert_eq!(restore("a", Some(71)), 70); // it is there
        assert_eq!(restore("b", Some(70)), 0); // taken
        assert_eq!(restore("c", Some(u32::MAX)), 1); // no such number
        assert_eq!(restore("d", Some(2)), 2);
        assert_eq!(restore("e", None), 3); // the lowest that is free now
    }
}
