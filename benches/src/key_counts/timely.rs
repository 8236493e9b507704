//! The counts in timely.

use ::timely::dataflow::channels::pact::{Exchange, Pipeline};
use ::timely::dataflow::operators::vec::Map as _;

use super::Keys;
use crate::answer::item;
use crate::by_hand::Map;
use crate::contest::Times;
use crate::peers::timely::{Stream, fold_batches};
use crate::peers::{hash, rows, share, timely};

/// Each key goes to the worker that counts it.
pub(super) fn run(keys: Keys, batches: u64) -> (u64, Times) {
    let keys = move |_, worker| rows(share(keys, worker));
    timely::run(batches, keys, |keys| counts(keys.map(|key| (key, 1))))
}

/// Each worker counts what it reads, by hand, and only the counts go to others.
pub(super) fn run_combined(keys: Keys, batches: u64) -> (u64, Times) {
    let keys = move |_, worker| rows(share(keys, worker));
    timely::run(batches, keys, |keys| {
        let count = |counts: &mut Map<u64, u64>, key| *counts.entry(key).or_insert(0) += 1;
        counts(fold_batches(keys, Pipeline, count, |counts| counts))
    })
}

fn counts(keys: Stream<'_, (u64, u64)>) -> Stream<'_, u64> {
    let by_key = Exchange::new(|(key, _): &(u64, u64)| hash(key));
    let add = |counts: &mut Map<u64, u64>, (key, count)| *counts.entry(key).or_insert(0) += count;
    fold_batches(keys, by_key, add, |counts| counts).map(|(key, count)| item(key, count))
}
