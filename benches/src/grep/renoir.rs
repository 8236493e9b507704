//! The search in renoir.

use super::pattern;
use crate::answer::item;
use crate::contest::Times;
use crate::data::text;
use crate::peers::{lines, renoir, share};

pub(super) fn run(batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        let pattern = pattern();
        context
            .stream_par_iter(|thread, _| lines(share(text(), thread as usize)))
            .batch_mode(renoir::messages())
            .filter(move |line| line.contains(pattern))
            .fold_assoc(0u64, |count, _| *count += 1, |sum, count| *sum += count)
            .map(|count| item(0, count))
    })
}
