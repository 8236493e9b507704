//! The word count in renoir.

use crate::answer::{fnv1a, item};
use crate::contest::Times;
use crate::data::text;
use crate::peers::{lines, renoir, share};

/// As the manual begins: each word goes to the thread that counts it.
pub(super) fn run(batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        context
            .stream_par_iter(|thread, _| lines(share(text(), thread as usize)))
            .batch_mode(renoir::messages())
            .flat_map(|line| line.split_ascii_whitespace().map(str::to_owned))
            .group_by(String::clone)
            .fold(0, |count, _| *count += 1)
            .unkey()
            .map(|(word, count)| item(fnv1a(word.as_bytes()), count))
    })
}

/// As the manual goes on: each thread counts what it reads, and only the counts go to others.
pub(super) fn run_associative(batches: u64) -> (u64, Times) {
    renoir::run(batches, |context| {
        context
            .stream_par_iter(|thread, _| lines(share(text(), thread as usize)))
            .batch_mode(renoir::messages())
            .flat_map(|line| line.split_ascii_whitespace().map(str::to_owned))
            .group_by_count(String::clone)
            .unkey()
            .map(|(word, count)| item(fnv1a(word.as_bytes()), count as u64))
    })
}
