//! What the joins share: the records of one side look for their matches on the other side.

use std::mem;

use crate::buckets::concat;
use crate::key::Key;
use crate::parts::{Dealt, side_by_side};
use crate::table::Entry;

/// No record: more than any position.
const END: u32 = u32::MAX;

/// The records of one side, by key.
///
/// They stay in the vector in which they came. A slot holds the position of its first record, and
/// beside each record stands the position of the next one in the same slot, so nothing is
/// allocated for a key or for a record, and no keys are compared to build it.
#[derive(Debug)]
struct Side<K: Key, W> {
    entries: Vec<Entry<K, W>>,
    next: Vec<u32>,
    /// A power of two in length, two to four times the number of records: so that few records of
    /// different keys share a slot.
    slots: Vec<u32>,
}

impl<K: Key, W> Side<K, W> {
    fn new(entries: Vec<Entry<K, W>>) -> Self {
        assert!(
            entries.len() < END as usize,
            "a partition of a join holds at most {END} records: use more partitions"
        );
        let mut slots = vec![END; (entries.len() * 2).next_power_of_two()];
        let mut next = vec![END; entries.len()];
        let mask = slots.len() - 1;
        // Backwards, so that the records of a key are chained in the order in which they came.
        for (at, (entry, next)) in entries.iter().zip(&mut next).enumerate().rev() {
            *next = mem::replace(&mut slots[entry.hash() as usize & mask], at as u32);
        }
        Self {
            entries,
            next,
            slots,
        }
    }

    /// The first record with the key of `entry`.
    #[inline(always)]
    fn first<V>(&self, entry: &Entry<K, V>) -> u32 {
        let slot = entry.hash() as usize & (self.slots.len() - 1);
        self.find(self.slots[slot], entry)
    }

    /// The record with the key of `entry` that comes after the one at `at`.
    #[inline(always)]
    fn after<V>(&self, at: u32, entry: &Entry<K, V>) -> u32 {
        match self.next.get(at as usize) {
            Some(next) => self.find(*next, entry),
            None => END,
        }
    }

    /// The first record with the key of `entry` from the one at `at` on.
    #[inline(always)]
    fn find<V>(&self, mut at: u32, entry: &Entry<K, V>) -> u32 {
        while let Some(record) = self.entries.get(at as usize)
            && !record.has_key_of(entry)
        {
            at = self.next[at as usize];
        }
        at
    }
}

/// What a join puts out before it is brought into its form.
pub(crate) trait Rows<K, V, W>: FnMut(K, Option<V>, Option<W>) {}

impl<K, V, W, F: FnMut(K, Option<V>, Option<W>)> Rows<K, V, W> for F {}

/// Gives `row` each pair of a record of the left side with a record of the right side that has the
/// same key. With `LEFT` also the records of the left side that have no match, with `RIGHT` those
/// of the right side.
///
/// The right side is put into a table, so it should be the smaller one. Both sides are cut, if
/// need be, into parts for which that table stays in the cache.
///
/// It is a loop and not an iterator, since its state, a record and where its matches are, then
/// stays in registers.
#[inline(always)]
pub(crate) fn matches<const LEFT: bool, const RIGHT: bool, K: Key, V: Clone, W: Clone>(
    left: Vec<impl Into<Dealt<K, V>>>,
    right: Vec<impl Into<Dealt<K, W>>>,
    mut row: impl Rows<K, V, W>,
) {
    for (left, right) in side_by_side::<false, _, _, _>(left, right) {
        let side = Side::new(concat(right));
        let mut met = vec![false; if RIGHT { side.entries.len() } else { 0 }];
        for bucket in left {
            for entry in bucket {
                let first = side.first(&entry);
                if LEFT || first != END {
                    matches_of::<RIGHT, K, V, W>(entry, first, &side, &mut met, &mut row);
                }
            }
        }
        if RIGHT {
            for (entry, met) in side.entries.into_iter().zip(met) {
                if !met {
                    let (key, value) = entry.into_pair();
                    row(key, None, Some(value));
                }
            }
        }
    }
}

/// Gives `row` a record of the left side with each of its matches, of which the first one is at
/// `at`. The last match gets the record itself, those before it get copies.
#[inline(always)]
fn matches_of<const RIGHT: bool, K: Key, V: Clone, W: Clone>(
    entry: Entry<K, V>,
    mut at: u32,
    side: &Side<K, W>,
    met: &mut [bool],
    row: &mut impl Rows<K, V, W>,
) {
    let mut rest = Some(entry);
    while let Some(entry) = rest.take() {
        let found = side.entries.get(at as usize);
        let value = found.map(|found| found.value.clone());
        if RIGHT && found.is_some() {
            met[at as usize] = true;
        }
        at = side.after(at, &entry);
        let (key, left) = match at {
            END => entry.into_pair(),
            _ => {
                let copy = entry.clone().into_pair();
                rest = Some(entry);
                copy
            }
        };
        row(key, Some(left), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: u64 = 20_000;

    /// Keys from `first` on, `times` each, in two buckets; the value is the number of the record.
    fn side(first: u64, times: u64) -> Vec<Vec<Entry<u64, u64>>> {
        let records = |from: u64, to: u64| {
            (from * KEYS..to * KEYS)
                .map(|at| Entry::new(first + at % KEYS, at))
                .collect()
        };
        vec![records(0, 1), records(1, times)]
    }

    /// How many rows have both sides, the left one only, and the right one only.
    fn kinds<const LEFT: bool, const RIGHT: bool>() -> [u64; 3] {
        let mut kinds = [0; 3];
        let (left, right) = (side(0, 3), side(5_000, 2));
        matches::<LEFT, RIGHT, _, _, _>(left, right, |key, left, right| {
            let at_key = |value: Option<u64>, first| value.is_none_or(|v| v % KEYS == key - first);
            assert!(at_key(left, 0) && at_key(right, 5_000));
            kinds[match (left, right) {
                (Some(_), Some(_)) => 0,
                (Some(_), None) => 1,
                _ => 2,
            }] += 1;
        });
        kinds
    }

    #[test]
    fn sides_that_are_cut_into_parts_lose_no_match() {
        assert!(side_by_side::<false, _, _, _>(side(0, 3), side(5_000, 2)).len() > 1);
        let (both, left_only, right_only) = (6 * 15_000, 3 * 5_000, 2 * 5_000);
        assert_eq!(kinds::<false, false>(), [both, 0, 0]);
        assert_eq!(kinds::<true, false>(), [both, left_only, 0]);
        assert_eq!(kinds::<true, true>(), [both, left_only, right_only]);
    }

    #[test]
    fn matches_stand_in_the_order_of_both_sides() {
        let entries =
            |values: &[u64]| vec![Vec::from_iter(values.iter().map(|v| Entry::new(7u64, *v)))];
        let mut pairs = Vec::new();
        matches::<false, false, _, _, _>(
            entries(&[1, 2]),
            entries(&[5, 4, 6]),
            |_, left, right| pairs.push((left.unwrap(), right.unwrap())),
        );
        assert_eq!(pairs, [(1, 5), (1, 4), (1, 6), (2, 5), (2, 4), (2, 6)]);
    }
}
