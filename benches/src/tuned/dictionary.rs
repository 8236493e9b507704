//! Keys to dense numbers, in order of first appearance.

use std::array::from_fn;

use super::prefetch;

/// What a dictionary has numbers for.
pub(crate) trait Key: Copy + Eq {
    fn hash(self) -> u64;
}

impl Key for u64 {
    #[inline(always)]
    fn hash(self) -> u64 {
        super::fold(self ^ 0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345)
    }
}

/// So many keys are looked up together: the memory that each needs is asked for before the first one waits.
pub(crate) const GROUP: usize = 32;

/// The number of a key that has none.
pub(crate) const NONE: u32 = u32::MAX;

/// A slot of the index where nothing is.
const EMPTY: u32 = 0;

/// Keys in order of first appearance, so that the frequent ones lie side by side, and an index of four
/// bytes a slot: a number, plus one, and in the bits that are left a tag of the hash. At most a quarter of
/// the slots are taken, so that most keys are found where their hash says, without a branch that nobody
/// could predict.
#[derive(Debug)]
pub(crate) struct Dictionary<K> {
    keys: Vec<K>,
    index: Vec<u32>,
}

impl<K> Default for Dictionary<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            index: vec![EMPTY; 64],
        }
    }
}

impl<K: Key> Dictionary<K> {
    pub(crate) fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Forgets all keys, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.index.fill(EMPTY);
    }

    /// A dictionary of the keys with these numbers alone, which get new ones in the same order.
    pub(crate) fn kept(&self, numbers: &[u32]) -> Self {
        let mut kept = Self::default();
        for number in numbers {
            kept.number(self.keys[*number as usize]);
        }
        kept
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        self.index.len() - 1
    }

    /// The numbers of up to [`GROUP`] keys, or [`NONE`].
    #[inline(always)]
    pub(crate) fn find_group(&self, keys: &[K]) -> [u32; GROUP] {
        match keys.as_array() {
            Some(keys) => self.find_whole_group(keys),
            None => from_fn(|at| keys.get(at).map_or(NONE, |key| self.find(*key, key.hash()))),
        }
    }

    /// In three passes, each of which finds in the cache what the one before has asked for.
    #[inline(always)]
    fn find_whole_group(&self, keys: &[K; GROUP]) -> [u32; GROUP] {
        let mut hashes = [0; GROUP];
        for (hash, key) in hashes.iter_mut().zip(keys) {
            *hash = key.hash();
            prefetch(&self.index[*hash as usize & self.mask()]);
        }
        let mut numbers = [NONE; GROUP];
        for (number, hash) in numbers.iter_mut().zip(hashes) {
            *number = self.number_in(self.index[hash as usize & self.mask()]);
            if let Some(key) = self.keys.get(*number as usize) {
                prefetch(key);
            }
        }
        for ((number, key), hash) in numbers.iter_mut().zip(keys).zip(hashes) {
            if self.keys.get(*number as usize) != Some(key) {
                *number = self.find(*key, hash);
            }
        }
        numbers
    }

    #[inline(always)]
    fn number_in(&self, slot: u32) -> u32 {
        (slot & self.mask() as u32).wrapping_sub(1)
    }

    /// The number of a key, wherever it is.
    #[inline(never)]
    fn find(&self, key: K, hash: u64) -> u32 {
        let mask = self.mask();
        let (mut at, tag) = (hash as usize & mask, (hash >> 32) as u32 & !(mask as u32));
        loop {
            let slot = self.index[at];
            let number = self.number_in(slot);
            if slot & !(mask as u32) == tag && self.keys.get(number as usize) == Some(&key) {
                return number;
            }
            if slot == EMPTY {
                return NONE;
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of a key, which it has from now on.
    #[inline(never)]
    pub(crate) fn number(&mut self, key: K) -> u32 {
        let found = self.find(key, key.hash());
        if found != NONE {
            return found;
        }
        self.keys.push(key);
        if self.keys.len() * 4 > self.index.len() {
            self.index = vec![EMPTY; self.index.len() * 2];
            (0..self.keys.len()).for_each(|number| self.place(number));
        } else {
            self.place(self.keys.len() - 1);
        }
        self.keys.len() as u32 - 1
    }

    fn place(&mut self, number: usize) {
        let (hash, mask) = (self.keys[number].hash(), self.mask());
        let mut at = hash as usize & mask;
        while self.index[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.index[at] = (number as u32 + 1) | ((hash >> 32) as u32 & !(mask as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_numbers_until_they_are_forgotten() {
        let mut dictionary = Dictionary::default();
        let numbers: Vec<u32> = (0..1_000).map(|key: u64| dictionary.number(key)).collect();
        assert_eq!(numbers, (0..1_000).collect::<Vec<u32>>());
        let group: [u64; GROUP] = from_fn(|at| 990 + at as u64);
        let expected: [u32; GROUP] = from_fn(|at| if at < 10 { 990 + at as u32 } else { NONE });
        assert_eq!(dictionary.find_group(&group), expected);
        assert_eq!(dictionary.find_group(&group[..20])[..20], expected[..20]);
        let mut kept = dictionary.kept(&[7, 999]);
        assert_eq!(
            [kept.number(7), kept.number(999), kept.number(0)],
            [0, 1, 2]
        );
        kept.clear();
        assert_eq!(kept.find_group(&[7]), [NONE; GROUP]);
    }
}
