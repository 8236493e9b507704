//! The windows beside renoir: its own begin with the first record of a key, so it combines a batch, as a job,
//! and the window slides on one thread.

use super::kept::{Counts, Largest, batch_of};
use super::{LENGTH, pairs, text};
use crate::contest::{Times, timed_after};
use crate::peers::{lines, renoir, rows, share};

pub(super) fn of_words(slides: u64) -> (u64, Times) {
    let (mut window, mut batches) = (Counts::default(), 0..);
    timed_after(LENGTH, slides, || {
        let batch = batch_of(text(), batches.next().expect("numbers have no end"));
        let counts = renoir::collect(|context| {
            context
                .stream_par_iter(move |thread, _| lines(share(batch, thread as usize)))
                .batch_mode(renoir::messages())
                .flat_map(|line| line.split_ascii_whitespace().map(str::to_owned))
                .group_by_count(String::clone)
                .unkey()
        });
        let counts = counts.into_iter();
        window.slide(counts.map(|(word, count)| (word, count as u64)).collect())
    })
}

pub(super) fn of_maximum(slides: u64) -> (u64, Times) {
    let (mut window, mut batches) = (Largest::default(), 0..);
    timed_after(LENGTH, slides, || {
        let batch = batch_of(pairs(), batches.next().expect("numbers have no end"));
        let largest = renoir::collect(|context| {
            context
                .stream_par_iter(move |thread, _| rows(share(batch, thread as usize)))
                .batch_mode(renoir::messages())
                .group_by_max_element(|(key, _)| *key, |(_, value)| *value)
                .drop_key()
        });
        window.slide(largest.into_iter().collect())
    })
}
