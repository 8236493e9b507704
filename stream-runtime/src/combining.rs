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
    add: impl Fn(S, S) -> S,
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
                table.update(at, |kept| add(kept, value));
            }
        }
    }
    table.into_entries()
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

/// The pairs of key and combined value, from the tables of all tasks.
pub(crate) fn merge_combined<K: Key, C>(
    buckets: Buckets<Entry<K, C>>,
    combine: impl Fn(C, C) -> C,
) -> impl Iterator<Item = (K, C)> {
    merge(buckets, combine)
        .into_iter()
        .map(|entry| (entry.key, entry.value))
}
