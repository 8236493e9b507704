//! Numbers for keys.

use super::index::Index;
use super::slab::Slab;
use crate::key::{OwnedKey, StateKey};

/// The keys of one partition, each with a number.
///
/// A new key gets the lowest number that is free, so numbers are dense: what belongs to the keys
/// can stand in arrays, and work that is done key by key for every batch is done on numbers. A key
/// is looked up as the record has it, borrowed, and copied when it is seen for the first time.
///
/// Memory: the keys, and 12 to 15 bytes for each.
#[derive(Debug)]
pub(crate) struct Dictionary<K> {
    index: Index,
    keys: Slab<K>,
}

impl<K> Default for Dictionary<K> {
    fn default() -> Self {
        Self {
            index: Index::default(),
            keys: Slab::default(),
        }
    }
}

impl<K: OwnedKey> Dictionary<K> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The number of a key.
    ///
    /// # Panics
    ///
    /// When it would be the 4,294,963,200th key of the partition.
    #[inline]
    pub(crate) fn number<'b, Q: StateKey<'b, Owned = K>>(&mut self, hash: u64, key: &Q) -> u32 {
        let found = self.index.find(hash, |at| key.is(self.keys.entry(at)));
        match found {
            Some(number) => number,
            None => self.add(hash, key.own(), self.keys.next_free()),
        }
    }

    /// The number of a key that is restored: `wanted` if that is free.
    pub(crate) fn restore(&mut self, key: K, wanted: Option<u32>) -> u32 {
        let digest = key.digest();
        let hash = key.hash(&digest);
        let is = |other: &K| other.digest() == digest && other.same(&key);
        let found = self.index.find(hash, |at| is(self.keys.entry(at)));
        let free = |number: &u32| Slab::<K>::can_have(*number) && !self.keys.has(*number);
        match found {
            Some(number) => number,
            None => {
                let number = wanted.filter(free).unwrap_or_else(|| self.keys.next_free());
                self.add(hash, key, number)
            }
        }
    }

    fn add(&mut self, hash: u64, key: K, number: u32) -> u32 {
        self.keys.put(number, key);
        self.index.insert(hash, number);
        number
    }

    /// The key of a number.
    #[inline(always)]
    pub(crate) fn key(&self, number: u32) -> &K {
        self.keys.entry(number)
    }

    /// Takes a key out. Its number is free.
    pub(crate) fn forget(&mut self, number: u32) {
        let key = self.keys.remove(number);
        self.index.remove(key.hash(&key.digest()), number);
    }

    /// All numbers and keys, in the order of the numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &K)> {
        self.keys.iter()
    }
}

#[cfg(test)]
mod tests {
    use compact_str::CompactString;

    use super::*;
    use crate::key::Key;

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
        let all: Vec<_> = keys.iter().map(|(n, key)| (n, key.as_str())).collect();
        assert_eq!(all, [(0, "a"), (1, "d"), (2, "c"), (3, "b")]);
        assert_eq!((keys.len(), keys.key(3).as_str()), (4, "b"));
    }

    #[test]
    fn what_is_restored_has_its_number_back() {
        let mut keys = Dictionary::default();
        let mut restore = |key, wanted| keys.restore(CompactString::new(key), wanted);
        assert_eq!(restore("a", Some(70)), 70);
        assert_eq!(restore("a", Some(71)), 70); // it is there
        assert_eq!(restore("b", Some(70)), 0); // taken
        assert_eq!(restore("c", Some(u32::MAX)), 1); // no such number
        assert_eq!(restore("d", None), 2);
    }
}
