//! What the wide operators share: dealing records and entries out to partitions.

use crate::engine::Buckets;
use crate::key::{Key, partition_of};
use crate::table::Entry;

/// Deals entries out to `width` partitions by the hash that they carry.
#[inline]
pub(crate) fn deal<K: Key, S>(entries: Vec<Entry<K, S>>, width: usize) -> Buckets<Entry<K, S>> {
    if width == 1 {
        return vec![entries];
    }
    let even = entries.len() / width;
    let mut buckets: Buckets<Entry<K, S>> = (0..width)
        .map(|_| Vec::with_capacity(even + even / 8))
        .collect();
    for entry in entries {
        buckets[partition_of(entry.hash(), width)].push(entry);
    }
    buckets
}

/// All records of the buckets, in order. A single bucket is handed on as it is.
pub(crate) fn concat<T>(buckets: Buckets<T>) -> Vec<T> {
    let mut buckets = buckets.into_iter();
    let mut records = buckets.next().unwrap_or_default();
    records.reserve(buckets.as_slice().iter().map(Vec::len).sum());
    buckets.for_each(|bucket| records.extend(bucket));
    records
}
