//! What the wide operators share: dealing records and entries out to partitions, and putting them
//! together again.
//!
//! Plain loops: all of this is compiled for each shuffle of each pipeline, and a chain of iterators
//! is ten functions.

use std::{mem, vec};

use crate::engine::Buckets;
use crate::key::{Key, partition_of};
use crate::table::Entry;

/// Deals entries out to `width` partitions by their hash.
#[inline]
pub(crate) fn deal<K: Key, S>(entries: Vec<Entry<K, S>>, width: usize) -> Buckets<Entry<K, S>> {
    let mut buckets: Buckets<Entry<K, S>> = Vec::with_capacity(width);
    if width == 1 {
        buckets.push(entries);
        return buckets;
    }
    let even = entries.len() / width;
    for _ in 0..width {
        buckets.push(Vec::with_capacity(even + even / 8));
    }
    for entry in entries {
        buckets[partition_of(entry.hash(), width)].push(entry);
    }
    buckets
}

/// Deals records out to `count` vectors, to the one that `choose` says for their hash.
pub(crate) fn deal_by<K: Key, V>(
    buckets: Buckets<Entry<K, V>>,
    count: usize,
    choose: impl Fn(u64) -> usize,
) -> Vec<Vec<Entry<K, V>>> {
    let even = buckets.iter().map(Vec::len).sum::<usize>() / count;
    let mut dealt = Vec::with_capacity(count);
    for _ in 0..count {
        dealt.push(Vec::with_capacity(even + even / 4));
    }
    for bucket in buckets {
        for entry in bucket {
            dealt[choose(entry.hash())].push(entry);
        }
    }
    dealt
}

/// All records of the buckets, in order. A single bucket is handed on as it is.
pub(crate) fn concat<T>(mut buckets: Buckets<T>) -> Vec<T> {
    let mut len = 0;
    for bucket in &buckets {
        len += bucket.len();
    }
    let Some(first) = buckets.first_mut() else {
        return Vec::new();
    };
    let mut records = mem::take(first);
    records.reserve(len - records.len());
    for bucket in &mut buckets {
        records.append(bucket);
    }
    records
}

/// The records of the buckets one after the other, without bringing them together.
#[derive(Debug)]
pub(crate) struct Records<T> {
    records: vec::IntoIter<T>,
    buckets: Buckets<T>,
    /// The bucket after `records`.
    next: usize,
}

impl<T> Records<T> {
    pub(crate) fn of(buckets: Buckets<T>) -> Self {
        Self {
            records: Vec::new().into_iter(),
            buckets,
            next: 0,
        }
    }
}

impl<T> Iterator for Records<T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(record) = self.records.next() {
                return Some(record);
            }
            let bucket = self.buckets.get_mut(self.next)?;
            self.records = mem::take(bucket).into_iter();
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_in_order() {
        let buckets = || vec![vec![1, 2], vec![], vec![3], vec![4, 5, 6]];
        assert_eq!(concat(buckets()), [1, 2, 3, 4, 5, 6]);
        assert!(Records::of(buckets()).eq(1..7));
        assert!(concat(Buckets::<u8>::new()).is_empty());
        assert_eq!(Records::of(Buckets::<u8>::new()).next(), None);
    }
}
