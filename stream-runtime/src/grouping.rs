//! What the operators share that gather the values of a key: one vector per key, made to measure.

use crate::engine::Buckets;
use crate::key::Key;
use crate::parts::{Dealt, in_cache, side_by_side};
use crate::table::{Entry, Table};

/// The values of each key, in the order in which they came.
pub(crate) fn group<K: Key, V>(
    records: Vec<impl Into<Dealt<K, V>>>,
) -> impl Iterator<Item = (K, Vec<V>)> {
    in_cache(records).into_iter().flat_map(|records| {
        let mut keys = Keys::default();
        let values = number(&mut keys, records).into_groups(keys.len());
        names(keys).zip(values)
    })
}

/// The values of each key of either side, each side's in the order in which they came.
pub(crate) fn cogroup<K: Key, V, W>(
    left: Vec<Dealt<K, V>>,
    right: Vec<Dealt<K, W>>,
) -> impl Iterator<Item = (K, (Vec<V>, Vec<W>))> {
    side_by_side::<true, _, _, _>(left, right)
        .into_iter()
        .flat_map(|(left, right)| {
            let mut keys = Keys::default();
            let (left, right) = (number(&mut keys, left), number(&mut keys, right));
            let len = keys.len();
            let values = left
                .into_groups(len)
                .into_iter()
                .zip(right.into_groups(len));
            names(keys).zip(values)
        })
}

/// The distinct keys of one or more streams.
type Keys<K> = Table<K, ()>;

/// The keys, in the order of their numbers.
fn names<K: Key>(keys: Keys<K>) -> impl Iterator<Item = K> {
    keys.into_entries().into_iter().map(Entry::into_key)
}

/// The values of one stream, each with the number of its key.
#[derive(Debug)]
struct Numbered<V> {
    values: Vec<V>,
    keys: Vec<u32>,
}

/// Parts the values from their keys, which are added to `keys` if they are new.
fn number<K: Key, V>(keys: &mut Keys<K>, records: Buckets<Entry<K, V>>) -> Numbered<V> {
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
    fn into_groups(self, keys: usize) -> Vec<Vec<V>> {
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
