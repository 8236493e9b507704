//! Running counts in renoir: a function with a state for each key, in one job for all batches.

use super::{MILLION, all_names, keys, names};
use crate::answer::{fnv1a, item};
use crate::contest::Times;
use crate::data::key64;
use crate::peers::{lines, renoir, rows, share};

pub(super) fn of_numbers(batches: u64) -> (u64, Times) {
    renoir::run_as_one(|context, clock| {
        let all = |thread, threads| (0..MILLION).skip(thread).step_by(threads).map(key64);
        let batch = |_, thread| rows(share(keys(MILLION), thread));
        let mut count = None;
        context
            .stream_par_iter(clock.batches_after(all, batches, batch))
            .batch_mode(renoir::messages())
            .group_by(|key| *key)
            .rich_map(move |(key, _)| next(&mut count).map_or(0, |count| item(*key, count)))
            .drop_key()
    })
}

pub(super) fn of_names(batches: u64) -> (u64, Times) {
    renoir::run_as_one(|context, clock| {
        let all = |thread, threads| {
            let names = all_names().iter().map(String::as_str);
            names.skip(thread).step_by(threads)
        };
        let batch = |_, thread| lines(share(names(), thread));
        let mut count = None;
        context
            .stream_par_iter(clock.batches_after(all, batches, batch))
            .batch_mode(renoir::messages())
            .map(str::to_owned)
            .group_by(String::clone)
            .rich_map(move |(name, _)| {
                next(&mut count).map_or(0, |count| item(fnv1a(name.as_bytes()), count))
            })
            .drop_key()
    })
}

/// Counts, but not the first time: all keys come once before the batches, so that there is a state for each.
fn next(count: &mut Option<u64>) -> Option<u64> {
    let next = count.map(|count| count + 1);
    *count = Some(next.unwrap_or(0));
    next
}
