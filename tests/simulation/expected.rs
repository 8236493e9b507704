//! What must have been put out, from what was given.

use std::collections::BTreeMap;
use std::time::Duration;

use stream_runtime::BatchTime;

use crate::world::{Batches, Row};

/// Sums by remainder over all batches so far; a key whose sum has the wrong remainder is forgotten.
pub(crate) fn totals(given: &Batches) -> Batches {
    let mut totals: BTreeMap<u64, u64> = BTreeMap::new();
    let batches = given.iter().map(|(time, rows)| {
        for (number, _) in rows {
            *totals.entry(number % 7).or_default() += number;
        }
        totals.retain(|_, total| *total % 5 != 4);
        (*time, Vec::from_iter(totals.clone()))
    });
    batches.collect()
}

/// Sums by remainder over three seconds, every two.
pub(crate) fn windows(given: &Batches) -> Batches {
    let Some((first, _)) = given.first() else {
        return Vec::new();
    };
    let since_zero = |time: BatchTime| time.since(*first).as_secs() + 1;
    let due = given
        .iter()
        .filter(|(time, _)| since_zero(*time).is_multiple_of(2));
    let batches = due.map(|(time, _)| {
        let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
        for (number, _) in last(given, *time, 3) {
            *sums.entry(number % 7).or_default() += number;
        }
        (*time, Vec::from_iter(sums))
    });
    batches.collect()
}

/// How many there were in four seconds.
pub(crate) fn counts(received: &Batches) -> Batches {
    let batches = received.iter().map(|(time, _)| {
        let count = last(received, *time, 4).count() as u64;
        (*time, vec![(count, 0)])
    });
    batches.collect()
}

/// The rows of the batches of the last so many seconds.
fn last(batches: &Batches, end: BatchTime, seconds: u64) -> impl Iterator<Item = &Row> {
    let length = Duration::from_secs(seconds);
    let is_in = move |time: BatchTime| time <= end && end.since(time) < length;
    let batches = batches.iter().filter(move |(time, _)| is_in(*time));
    batches.flat_map(|(_, rows)| rows)
}
