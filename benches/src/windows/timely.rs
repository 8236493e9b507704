//! The windows in timely: each worker keeps those of its keys.

use ::timely::dataflow::channels::pact::{Exchange, Pipeline};
use ::timely::dataflow::operators::vec::Map as _;

use super::kept::{Counts, Largest, batch_of, slid};
use super::{LENGTH, pairs, text};
use crate::by_hand::Map;
use crate::contest::Times;
use crate::peers::timely::{Stream, fold_batches};
use crate::peers::{hash, lines, rows, share, timely};

/// Each word goes to the worker that counts it.
pub(super) fn of_words(slides: u64) -> (u64, Times) {
    let lines = |batch, worker| lines(share(batch_of(text(), batch), worker));
    slid(timely::run(LENGTH + slides, lines, |lines| {
        let words = |line: &'static str| line.split_ascii_whitespace();
        slide_words(lines.flat_map(move |line| words(line).map(|word| (word.to_owned(), 1))))
    }))
}

/// Each worker counts what it reads, by hand, and only the counts go to others.
pub(super) fn of_words_combined(slides: u64) -> (u64, Times) {
    let lines = |batch, worker| lines(share(batch_of(text(), batch), worker));
    slid(timely::run(LENGTH + slides, lines, |lines| {
        let count = |counts: &mut Map<&'static str, u64>, line: &'static str| {
            for word in line.split_ascii_whitespace() {
                *counts.entry(word).or_insert(0) += 1;
            }
        };
        let counts = fold_batches(lines, Pipeline, count, |counts| counts);
        slide_words(counts.map(|(word, count)| (word.to_owned(), count)))
    }))
}

fn slide_words(words: Stream<'_, (String, u64)>) -> Stream<'_, u64> {
    let by_word = Exchange::new(|(word, _): &(String, u64)| hash(word));
    let add = |counts: &mut Map<String, u64>, (word, count)| {
        *counts.entry(word).or_insert(0) += count;
    };
    let mut window = Counts::default();
    fold_batches(words, by_word, add, move |pane| [window.slide(pane)])
}

pub(super) fn of_maximum(slides: u64) -> (u64, Times) {
    let pairs = |batch, worker| rows(share(batch_of(pairs(), batch), worker));
    slid(timely::run(LENGTH + slides, pairs, |pairs| {
        let by_key = Exchange::new(|(key, _): &(u64, u64)| *key);
        let mut window = Largest::default();
        fold_batches(pairs, by_key, largest, move |pane| [window.slide(pane)])
    }))
}

fn largest(largest: &mut Map<u64, u64>, (key, value): (u64, u64)) {
    let of_key = largest.entry(key).or_insert(value);
    *of_key = value.max(*of_key);
}
