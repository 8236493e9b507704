//! The counts in renoir.

use super::Keys;
use crate::answer::item;
use crate::contest::Times;
use crate::peers::{renoir, rows, share};

/// Each key goes to the thread that counts it.
pub(super) fn run(keys: Keys, batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        context
            .stream_par_iter(move |thread, _| rows(share(keys, thread as usize)))
            .batch_mode(renoir::messages())
            .group_by(|key| *key)
            .fold(0, |count, _| *count += 1)
            .unkey()
            .map(|(key, count)| item(key, count))
    })
}

/// Each thread counts what it reads, and only the counts go to others.
pub(super) fn run_associative(keys: Keys, batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        context
            .stream_par_iter(move |thread, _| rows(share(keys, thread as usize)))
            .batch_mode(renoir::messages())
            .group_by_count(|key| *key)
            .unkey()
            .map(|(key, count)| item(key, count as u64))
    })
}
