//! What the operators that combine records share: an accumulator that a task owns, and the merge
//! of the tables that the tasks made.

use std::mem;

use crate::engine::Buckets;
use crate::key::Key;
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

/// Brings the entries of all tasks for one partition together. A key that several tasks have met
/// gets one entry: the first, to which `add` adds the others in the order of the tasks.
pub(crate) fn merge<K: Key, S>(
    mut buckets: Buckets<Entry<K, S>>,
    mut add: impl FnMut(&mut S, S),
) -> Vec<Entry<K, S>> {
    let Some(first) = buckets.first_mut() else {
        return Vec::new();
    };
    let first = mem::take(first);
    if buckets.len() == 1 {
        return first; // the keys of one task are distinct
    }
    let mut table = Table::from_distinct(first);
    for bucket in &mut buckets[1..] {
        for entry in mem::take(bucket) {
            let (at, again) = table.insert_entry(entry, |value| value);
            if let Some(value) = again {
                add(&mut table.entry_mut(at).value, value);
            }
        }
    }
    table.into_entries()
}

/// The table in which one task combines values: an option for the reason given at [`take_in`].
pub(crate) type Combined<K, C> = Table<K, Option<C>>;

/// Adds a pair to a table.
#[inline(always)]
pub(crate) fn add_to<K: Key, V, C>(
    table: &mut Combined<K, C>,
    (key, value): (K, V),
    create: impl Fn(V) -> C,
    add: impl Fn(C, V) -> C,
) {
    let (at, again) = table.insert_with(key, value, |value| Some(create(value)));
    if let Some(value) = again {
        take_in(&mut table.entry_mut(at).value, value, create, add);
    }
}

/// The pairs of key and combined value, from the tables of all tasks.
pub(crate) fn merge_combined<K: Key, C>(
    buckets: Buckets<Entry<K, Option<C>>>,
    combine: impl Fn(C, C) -> C,
) -> impl Iterator<Item = (K, C)> {
    let entries = merge(buckets, |kept, found| {
        if let Some(found) = found {
            take_in(kept, found, |found| found, &combine);
        }
    });
    entries
        .into_iter()
        .filter_map(|entry| Some((entry.key, entry.value?)))
}
