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

/// How large a part of the entries should be for a table over it to stay in the cache of one core.
const PART_BYTES: usize = 1 << 18;
/// More parts than this would be written to more places at once than a core keeps track of.
const PARTS_MAX: usize = 1 << 10;

/// Into how many parts to [`cut`] entries, so that a table over each part stays in the cache.
pub(crate) fn parts_in_cache<E>(buckets: &Buckets<E>) -> usize {
    let entries: usize = buckets.iter().map(Vec::len).sum();
    let parts = entries * size_of::<E>() / PART_BYTES;
    parts.next_power_of_two().min(PARTS_MAX)
}

/// Cuts the entries of one partition into `parts`, a power of two, by bits of their hash that
/// neither the partition nor a slot in a table depends on. All entries of a key are in one part,
/// in the order in which they came.
///
/// It is one pass over the entries. A join of a million records with a million, which misses the
/// cache at every step otherwise, takes a third of the time with it.
pub(crate) fn cut<K: Key, S>(
    buckets: Buckets<Entry<K, S>>,
    parts: usize,
) -> Vec<Buckets<Entry<K, S>>> {
    if parts == 1 {
        return vec![buckets];
    }
    let even = buckets.iter().map(Vec::len).sum::<usize>() / parts;
    let mut cut: Vec<_> = (0..parts)
        .map(|_| Vec::with_capacity(even + even / 8))
        .collect();
    for entry in buckets.into_iter().flatten() {
        cut[(entry.hash() >> 32) as usize & (parts - 1)].push(entry);
    }
    cut.into_iter().map(|part| vec![part]).collect()
}

/// All records of the buckets, in order. A single bucket is handed on as it is.
pub(crate) fn concat<T>(buckets: Buckets<T>) -> Vec<T> {
    let mut buckets = buckets.into_iter();
    let mut records = buckets.next().unwrap_or_default();
    records.reserve(buckets.as_slice().iter().map(Vec::len).sum());
    buckets.for_each(|bucket| records.extend(bucket));
    records
}
