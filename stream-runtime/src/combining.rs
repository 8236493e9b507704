//! What the operators that combine records share: an accumulator that a task owns, and the merge
//! of the tables that the tasks made.

use std::{mem, vec};

use crate::buckets::deal;
use crate::engine::Buckets;
use crate::key::Key;
use crate::parts::{Dealt, Parts, in_cache, together};
use crate::table::{Entry, Table};

/// Takes `value` into what is kept: `create` makes the first one, `add` the next ones.
///
/// The accumulator is an option only so that it can be moved out, combined, and moved back in.
#[inline(always)]
pub(crate) fn take_in<C, V>(
    kept: &mut Option<C>,
    value: V,
    create: impl FnOnce(V) -> C,
    add: impl FnOnce(C, V) -> C,
) {
    *kept = Some(match kept.take() {
        Some(before) => add(before, value),
        None => create(value),
    });
}

/// Adds a pair to a table: `create` makes the first value of a key, `add` the next ones.
#[inline(always)]
pub(crate) fn add_to<K: Key, V, C>(
    table: &mut Table<K, C>,
    (key, value): (K, V),
    create: impl FnOnce(V) -> C,
    add: impl FnOnce(C, V) -> C,
) {
    let (at, again) = table.insert_with(key, value, create);
    if let Some(value) = again {
        table.update(at, |kept| add(kept, value));
    }
}

/// What one task combines the records of a batch to: a table. Where nearly all keys turn out to differ, so
/// that looking for them is in vain, it takes the others in as they come, and what receives them finds
/// those of the same key.
#[derive(Debug)]
pub struct Combining<K: Key, V, S> {
    table: Table<K, S>,
    /// The last records, when the table is so large that their places in it are looked up together.
    ahead: Vec<Entry<K, V>>,
    /// How many records are expected in all, where the table is to be given up.
    in_vain: Option<usize>,
    /// All entries, when there is no table any more.
    passed: Option<Box<Parts<K, S>>>,
}

/// So many records are looked up together.
const AHEAD: usize = 32;

/// Larger ones are not: to put them off costs more than to wait for their keys. A text, its digest and a
/// number are not larger.
const AHEAD_BYTES: usize = 48;

/// A table of fewer keys tells little about those that are to come, and is in the cache.
const JUDGED_FROM: usize = 1 << 15;

impl<K: Key, V, S> Combining<K, V, S> {
    /// Whether records are looked up together where the table is large.
    const LOOKS_AHEAD: bool = size_of::<Entry<K, V>>() <= AHEAD_BYTES;

    /// A table with room for so many keys.
    pub(crate) fn with_room(keys: usize) -> Self {
        Self {
            table: Table::with_room(keys),
            ahead: Vec::new(),
            in_vain: None,
            passed: None,
        }
    }

    /// Takes in a pair: `create` makes the first value of a key, `add` the next ones.
    #[inline(always)]
    pub(crate) fn push(
        &mut self,
        (key, value): (K, V),
        create: impl Fn(V) -> S,
        add: impl Fn(S, V) -> S,
    ) {
        let entry = Entry::new(key, value);
        if Self::LOOKS_AHEAD && self.table.outgrows_cache() {
            self.ahead.push(entry);
            if self.ahead.len() >= AHEAD {
                self.combine_ahead(create, add);
            }
        } else {
            self.combine(entry, create, add);
        }
    }

    #[inline(always)]
    fn combine(&mut self, entry: Entry<K, V>, create: impl Fn(V) -> S, add: impl Fn(S, V) -> S) {
        match self.table.find(&entry) {
            Some(at) => self.table.update(at, |kept| add(kept, entry.value)),
            None => {
                let (value, entry) = entry.with(());
                let ((), entry) = entry.with(create(value));
                self.put(entry);
            }
        }
    }

    #[inline(never)]
    fn put(&mut self, entry: Entry<K, S>) {
        match &mut self.passed {
            Some(parts) => parts.push(entry),
            None => _ = self.table.add(entry),
        }
    }

    /// Takes in the records that have been put off. Each step is done for all of them before the next one is,
    /// so the memory of many keys is fetched at the same time.
    #[inline(never)]
    fn combine_ahead(&mut self, create: impl Fn(V) -> S, add: impl Fn(S, V) -> S) {
        let (mut ahead, mut guesses) = (mem::take(&mut self.ahead), [0; AHEAD]);
        self.table.guess(&ahead, &mut guesses[..ahead.len()]);
        for (entry, at) in ahead.drain(..).zip(&guesses) {
            let at = *at as usize;
            match self.table.is_at(at, &entry) {
                true => self.table.update(at, |kept| add(kept, entry.value)),
                false => self.combine_other(entry, &create, &add),
            }
        }
        self.ahead = ahead;
        if let Some(expected) = self.in_vain.take() {
            self.give_up(expected);
        }
    }

    /// Takes in a record whose key is not where it was looked for.
    #[cold]
    #[inline(never)]
    fn combine_other(
        &mut self,
        entry: Entry<K, V>,
        create: impl Fn(V) -> S,
        add: impl Fn(S, V) -> S,
    ) {
        self.combine(entry, create, add);
    }

    /// After a block: gives the table up if three in four of so many `records` have brought a new key.
    /// `expected` is how many there may be in all. Only what the batch has brought decides, so it is
    /// decided alike when the batch is run again.
    pub(crate) fn judge(&mut self, records: u64, expected: usize) {
        let keys = self.table.len();
        let differ = keys as u64 * 4 >= records * 3;
        if keys >= JUDGED_FROM && differ && records < expected as u64 {
            match self.ahead.is_empty() {
                true => self.give_up(expected),
                false => self.in_vain = Some(expected),
            }
        }
    }

    fn give_up(&mut self, expected: usize) {
        let mut parts = Parts::for_tables(expected);
        for entry in mem::take(&mut self.table).into_entries() {
            parts.push(entry);
        }
        self.passed = Some(Box::new(parts));
    }

    /// The table, with all records in it, if it was not to be judged.
    pub(crate) fn into_table(
        mut self,
        create: impl Fn(V) -> S,
        add: impl Fn(S, V) -> S,
    ) -> Table<K, S> {
        self.combine_ahead(create, add);
        self.table
    }

    /// Deals the entries out to the partitions.
    pub(crate) fn deal(
        mut self,
        width: usize,
        create: impl Fn(V) -> S,
        add: impl Fn(S, V) -> S,
    ) -> Vec<Dealt<K, S>> {
        self.combine_ahead(create, add);
        if let Some(parts) = self.passed {
            return parts.deal(width);
        }
        let mut dealt = Vec::with_capacity(width);
        for entries in deal(self.table.into_entries(), width) {
            dealt.push(Dealt::distinct(entries));
        }
        dealt
    }
}

/// The entries of all tasks for one partition, of which those with the same key become one: the first, to
/// which `add` adds the others in the order of the tasks.
pub(crate) fn merge<K: Key, S, A: Fn(S, S) -> S>(
    arrived: Vec<Dealt<K, S>>,
    add: A,
) -> impl Iterator<Item = Entry<K, S>> {
    let is_distinct = arrived.iter().all(Dealt::is_distinct);
    let parts = match is_distinct {
        true => vec![together(arrived)],
        false => in_cache(arrived),
    };
    Merged {
        entries: Vec::new().into_iter(),
        parts: parts.into_iter(),
        is_distinct,
        add,
    }
}

/// The entries of a partition, part by part.
struct Merged<K: Key, S, A> {
    entries: vec::IntoIter<Entry<K, S>>,
    parts: vec::IntoIter<Buckets<Entry<K, S>>>,
    /// Whether a key is only once in each bucket.
    is_distinct: bool,
    add: A,
}

impl<K: Key, S, A: Fn(S, S) -> S> Iterator for Merged<K, S, A> {
    type Item = Entry<K, S>;

    #[inline(always)]
    fn next(&mut self) -> Option<Entry<K, S>> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(entry);
            }
            self.merge_next()?;
        }
    }
}

impl<K: Key, S, A: Fn(S, S) -> S> Merged<K, S, A> {
    #[inline(never)]
    fn merge_next(&mut self) -> Option<()> {
        let mut buckets = self.parts.next()?;
        let mut table = if self.is_distinct {
            let first = buckets.first_mut().map(mem::take).unwrap_or_default();
            if buckets.len() < 2 {
                self.entries = first.into_iter();
                return Some(());
            }
            Table::from_distinct(first)
        } else {
            Table::with_room(buckets.iter().map(Vec::len).sum())
        };
        for bucket in &mut buckets {
            for entry in mem::take(bucket) {
                let (at, again) = table.insert_entry(entry, |value| value);
                if let Some(value) = again {
                    table.update(at, |kept| (self.add)(kept, value));
                }
            }
        }
        self.entries = table.into_entries().into_iter();
        Some(())
    }
}

/// The pairs of key and combined value, from the tables of all tasks.
pub(crate) fn merge_combined<K: Key, C>(
    arrived: Vec<Dealt<K, C>>,
    combine: impl Fn(C, C) -> C,
) -> impl Iterator<Item = (K, C)> {
    merge(arrived, combine).map(Entry::into_pair)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::identity;

    use super::*;

    fn add(a: u64, b: u64) -> u64 {
        a + b
    }

    /// What a task makes of records that it is asked about after each `block` of them.
    fn combined(records: &[(u64, u64)], block: usize, expected: usize) -> Combining<u64, u64, u64> {
        let (mut combining, mut seen) = (Combining::with_room(0), 0);
        for block in records.chunks(block) {
            for record in block {
                combining.push(*record, identity, add);
            }
            seen += block.len();
            combining.judge(seen as u64, expected);
        }
        combining
    }

    #[test]
    fn the_table_is_given_up_only_where_nearly_all_keys_differ() {
        let records = |keys: u64| -> Vec<_> { (0..100_000).map(|at| (at % keys, 1)).collect() };
        let gives_up = |keys| combined(&records(keys), 10_000, 100_000).passed.is_some();
        assert!(gives_up(100_000));
        assert!(gives_up(50_000), "the first half has nothing twice");
        assert!(!gives_up(20_000));
        let few = combined(&records(100_000)[..JUDGED_FROM - 1], 1_000, 100_000);
        assert!(few.passed.is_none());
        let last = combined(&records(100_000), 100_000, 100_000);
        assert!(last.passed.is_none(), "nothing is to come");
    }

    #[test]
    fn a_table_that_outgrows_the_cache_has_the_same_entries_in_the_same_order() {
        let records: Vec<_> = (0..400_000u64)
            .map(|at| ((at * 7_919 % 200_003) << 20, at))
            .collect();
        let combining = combined(&records, records.len(), records.len());
        assert!(combining.table.outgrows_cache());
        let (mut expected, mut places) = (Vec::<(u64, u64)>::new(), HashMap::new());
        for (key, value) in records {
            let place = *places.entry(key).or_insert(expected.len());
            match expected.get_mut(place) {
                Some((_, sum)) => *sum += value,
                None => expected.push((key, value)),
            }
        }
        let entries = combining.into_table(identity, add).into_entries();
        let entries: Vec<_> = entries.into_iter().map(Entry::into_pair).collect();
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_large_table_is_given_up_with_the_records_that_were_put_off() {
        let records: Vec<_> = (0..400_000u64).map(|at| (at << 20, at)).collect();
        let half = combined(&records[..200_005], 200_005, records.len());
        assert!(half.passed.is_none() && half.in_vain.is_some() && !half.ahead.is_empty());
        let whole = combined(&records, 200_005, records.len());
        assert!(whole.passed.is_some());
        let mut entries: Vec<_> = merge(whole.deal(1, identity, add), add)
            .map(Entry::into_pair)
            .collect();
        entries.sort_unstable();
        assert_eq!(entries, records);
    }

    #[test]
    fn each_key_comes_out_once_with_all_of_its_values_whoever_gave_the_table_up() {
        let differ: Vec<_> = (0..100_000u64).map(|at| (at, at)).collect();
        let come_again: Vec<_> = (0..100_000u64).map(|at| (at % 3_000, 1)).collect();
        let tasks = [&differ, &come_again, &differ];
        let mut expected = HashMap::new();
        for (key, value) in tasks.into_iter().flatten() {
            *expected.entry(*key).or_insert(0) += value;
        }
        for width in [1, 2, 5] {
            let mut arrived: Vec<Vec<_>> = (0..width).map(|_| Vec::new()).collect();
            for records in tasks {
                let dealt = combined(records, 10_000, 100_000).deal(width, identity, add);
                for (partition, dealt) in arrived.iter_mut().zip(dealt) {
                    partition.push(dealt);
                }
            }
            let merged = arrived
                .into_iter()
                .flat_map(|arrived| merge(arrived, |a, b| a + b));
            let mut sums = HashMap::new();
            for entry in merged {
                let (key, sum) = entry.into_pair();
                assert_eq!(sums.insert(key, sum), None);
            }
            assert_eq!(sums, expected, "{width} partitions");
        }
    }
}
