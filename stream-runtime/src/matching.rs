//! What the joins share: the records of one side look for their matches on the other side.

use std::iter::{Flatten, Zip};
use std::mem;
use std::vec::IntoIter;

use crate::buckets::{concat, cut, parts_in_cache};
use crate::engine::Buckets;
use crate::key::Key;
use crate::table::Entry;

/// No further record.
const END: u32 = u32::MAX;

/// The records of one side, by key.
///
/// They stay in the vector in which they came. A slot holds the position of the first record of a
/// key, and beside each record stands the position of the next one with the same key, so nothing
/// is allocated for a key or for a record.
#[derive(Debug)]
struct Side<K: Key, W> {
    entries: Vec<Entry<K, W>>,
    next: Vec<u32>,
    /// A power of two in length. At most a quarter is taken: the first slot is nearly always the
    /// right one, which the branch predictor learns, and four bytes are little beside a record.
    slots: Vec<u32>,
}

impl<K: Key, W> Side<K, W> {
    fn new(entries: Vec<Entry<K, W>>) -> Self {
        assert!(
            entries.len() < END as usize,
            "a partition of a join holds at most {END} records: use more partitions"
        );
        let mut side = Self {
            slots: vec![END; (entries.len() * 4).next_power_of_two()],
            next: vec![END; entries.len()],
            entries,
        };
        // Backwards, so that the records of a key are chained in the order in which they came.
        for at in (0..side.entries.len()).rev() {
            let slot = side.slot(&side.entries[at]);
            side.next[at] = mem::replace(&mut side.slots[slot], at as u32);
        }
        side
    }

    /// The first record with the key of `entry`.
    #[inline(always)]
    fn first<V>(&self, entry: &Entry<K, V>) -> Option<usize> {
        record(self.slots[self.slot(entry)])
    }

    /// The slot of the key of `entry`, or the empty one where it belongs.
    #[inline(always)]
    fn slot<V>(&self, entry: &Entry<K, V>) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = entry.hash() as usize & mask;
        while let Some(at) = record(self.slots[slot])
            && !self.entries[at].has_key_of(entry)
        {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// The position of a record, as slots and chains hold it.
#[inline(always)]
fn record(at: u32) -> Option<usize> {
    (at != END).then_some(at as usize)
}

/// All pairs of a record of the left side with a record of the right side that has the same key.
/// With `LEFT` also the records of the left side that have no match, with `RIGHT` those of the
/// right side.
///
/// The right side is put into a table, so it should be the smaller one. Both sides are cut first,
/// if need be, into parts for which that table stays in the cache.
#[derive(Debug)]
pub(crate) struct Matches<K: Key, V, W, const LEFT: bool, const RIGHT: bool> {
    parts: Zip<IntoIter<Buckets<Entry<K, V>>>, IntoIter<Buckets<Entry<K, W>>>>,
    part: Part<K, V, W>,
}

/// For each record of the left side each of its matches.
pub(crate) type Inner<K, V, W> = Matches<K, V, W, false, false>;
/// The same, and the records of the left side without a match.
pub(crate) type LeftOuter<K, V, W> = Matches<K, V, W, true, false>;
/// The same, and the records of the right side without a match.
pub(crate) type FullOuter<K, V, W> = Matches<K, V, W, true, true>;

/// A part of both sides. All records of a key are in the same part.
#[derive(Debug)]
struct Part<K: Key, V, W> {
    left: Flatten<IntoIter<Vec<Entry<K, V>>>>,
    /// The record of the left side that has further matches, and the next of them.
    current: Option<(Entry<K, V>, usize)>,
    right: Side<K, W>,
    /// For each record of the right side whether it has a match; empty if nobody asks.
    met: Vec<bool>,
    /// What is left of the right side when the left side is at its end.
    rest: Option<Zip<IntoIter<Entry<K, W>>, IntoIter<bool>>>,
}

/// What a join puts out before it is brought into its form.
type Row<K, V, W> = (K, Option<V>, Option<W>);

impl<K: Key, V: Clone, W: Clone, const LEFT: bool, const RIGHT: bool>
    Matches<K, V, W, LEFT, RIGHT>
{
    pub(crate) fn new(left: Buckets<Entry<K, V>>, right: Buckets<Entry<K, W>>) -> Self {
        let parts = parts_in_cache(&right);
        Self {
            parts: cut(left, parts).into_iter().zip(cut(right, parts)),
            part: Part::new::<false>(Buckets::new(), Buckets::new()),
        }
    }
}

impl<K: Key, V: Clone, W: Clone, const LEFT: bool, const RIGHT: bool> Iterator
    for Matches<K, V, W, LEFT, RIGHT>
{
    type Item = Row<K, V, W>;

    #[inline(always)]
    fn next(&mut self) -> Option<Row<K, V, W>> {
        loop {
            if let Some(row) = self.part.matched::<LEFT, RIGHT>() {
                return Some(row);
            }
            if RIGHT && let Some(row) = self.part.unmet() {
                return Some(row);
            }
            let (left, right) = self.parts.next()?;
            self.part = Part::new::<RIGHT>(left, right);
        }
    }
}

impl<K: Key, V: Clone, W: Clone> Part<K, V, W> {
    fn new<const RIGHT: bool>(left: Buckets<Entry<K, V>>, right: Buckets<Entry<K, W>>) -> Self {
        let right = Side::new(concat(right));
        Self {
            left: left.into_iter().flatten(),
            current: None,
            met: vec![false; if RIGHT { right.entries.len() } else { 0 }],
            right,
            rest: None,
        }
    }

    /// The next record of the left side, with a match if it has one.
    #[inline(always)]
    fn matched<const LEFT: bool, const RIGHT: bool>(&mut self) -> Option<Row<K, V, W>> {
        if let Some((entry, at)) = self.current.take() {
            return Some(self.with_match::<RIGHT>(entry, at));
        }
        loop {
            let entry = self.left.next()?;
            if let Some(at) = self.right.first(&entry) {
                return Some(self.with_match::<RIGHT>(entry, at));
            }
            if LEFT {
                return Some((entry.key, Some(entry.value), None));
            }
        }
    }

    /// A record with its match at `at`. The last match gets the record itself, those before it
    /// get copies.
    #[inline(always)]
    fn with_match<const RIGHT: bool>(&mut self, entry: Entry<K, V>, at: usize) -> Row<K, V, W> {
        if RIGHT {
            self.met[at] = true;
        }
        let value = self.right.entries[at].value.clone();
        match record(self.right.next[at]) {
            None => (entry.key, Some(entry.value), Some(value)),
            Some(next) => {
                let row = (entry.key.clone(), Some(entry.value.clone()), Some(value));
                self.current = Some((entry, next));
                row
            }
        }
    }

    /// The next record of the right side that no record of the left side has met.
    fn unmet(&mut self) -> Option<Row<K, V, W>> {
        let rest = self.rest.get_or_insert_with(|| {
            let entries = mem::take(&mut self.right.entries);
            entries.into_iter().zip(mem::take(&mut self.met))
        });
        let (entry, _) = rest.find(|(_, met)| !met)?;
        Some((entry.key, None, Some(entry.value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: u64 = 20_000;

    /// Keys from `first` on, `times` each, in two buckets; the value is the number of the record.
    fn side(first: u64, times: u64) -> Buckets<Entry<u64, u64>> {
        let records = |from: u64, to: u64| {
            (from * KEYS..to * KEYS)
                .map(|at| Entry::new(first + at % KEYS, at))
                .collect()
        };
        vec![records(0, 1), records(1, times)]
    }

    /// How many rows have both sides, the left one only, and the right one only.
    fn kinds(rows: impl Iterator<Item = Row<u64, u64, u64>>) -> [u64; 3] {
        let mut kinds = [0; 3];
        for (key, left, right) in rows {
            let at_key = |value: Option<u64>, first| value.is_none_or(|v| v % KEYS == key - first);
            assert!(at_key(left, 0) && at_key(right, 5_000));
            kinds[match (left, right) {
                (Some(_), Some(_)) => 0,
                (Some(_), None) => 1,
                _ => 2,
            }] += 1;
        }
        kinds
    }

    #[test]
    fn sides_that_are_cut_into_parts_lose_no_match() {
        let (left, right) = (|| side(0, 3), || side(5_000, 2));
        assert!(parts_in_cache(&right()) > 1);
        let (both, left_only, right_only) = (6 * 15_000, 3 * 5_000, 2 * 5_000);
        assert_eq!(kinds(Inner::new(left(), right())), [both, 0, 0]);
        assert_eq!(kinds(LeftOuter::new(left(), right())), [both, left_only, 0]);
        assert_eq!(
            kinds(FullOuter::new(left(), right())),
            [both, left_only, right_only]
        );
    }

    #[test]
    fn matches_stand_in_the_order_of_both_sides() {
        let entries = |values: &[u64]| vec![values.iter().map(|v| Entry::new(7u64, *v)).collect()];
        let rows = Inner::new(entries(&[1, 2]), entries(&[5, 4, 6]));
        let pairs = rows.map(|(_, left, right)| (left.unwrap(), right.unwrap()));
        assert_eq!(
            Vec::from_iter(pairs),
            [(1, 5), (1, 4), (1, 6), (2, 5), (2, 4), (2, 6)]
        );
    }
}
