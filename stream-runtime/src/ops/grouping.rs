//! What the operators share that gather the values of a key: one vector per key, made to measure.

use crate::engine::Buckets;
use crate::key::Key;
use crate::table::{Entry, Table};

/// The distinct keys of one or more streams.
pub(super) type Keys<K> = Table<K, ()>;

/// The values of one stream, each with the number of its key.
#[derive(Debug)]
pub(super) struct Numbered<V> {
    values: Vec<V>,
    keys: Vec<u32>,
}

/// Parts the values from their keys, which are added to `keys` if they are new.
pub(super) fn number<K: Key, V>(keys: &mut Keys<K>, records: Buckets<Entry<K, V>>) -> Numbered<V> {
    let len = records.iter().map(Vec::len).sum();
    let mut numbered = Numbered {
        values: Vec::with_capacity(len),
        keys: Vec::with_capacity(len),
    };
    for entry in records.into_iter().flatten() {
        let (value, entry) = entry.with(());
        let (key, _) = keys.insert_entry(entry, |()| ());
        numbered.values.push(value);
        numbered.keys.push(key as u32); // a table has fewer than 2³² keys
    }
    numbered
}

impl<V> Numbered<V> {
    /// The values of each of the first `keys` keys, in the order in which they came. Each vector
    /// is as long as it has to be, and allocated once.
    pub(super) fn into_groups(self, keys: usize) -> Vec<Vec<V>> {
        let mut sizes = vec![0u32; keys];
        self.keys.iter().for_each(|&key| sizes[key as usize] += 1);
        let mut groups: Vec<Vec<V>> = sizes
            .into_iter()
            .map(|size| Vec::with_capacity(size as usize))
            .collect();
        for (key, value) in self.keys.into_iter().zip(self.values) {
            groups[key as usize].push(value);
        }
        groups
    }
}
