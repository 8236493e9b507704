//! The word count in timely.

use ::timely::dataflow::channels::pact::{Exchange, Pipeline};
use ::timely::dataflow::operators::vec::Map as _;

use crate::answer::{fnv1a, item};
use crate::by_hand::Map;
use crate::contest::Times;
use crate::data::text;
use crate::peers::timely::{Stream, fold_batches};
use crate::peers::{hash, lines, share, timely};

/// As in timely's own example: each word goes to the worker that counts it.
pub(super) fn run(batches: u64) -> (u64, Times) {
    let lines = |_, worker| lines(share(text(), worker));
    timely::run(batches, lines, |lines| {
        let words = |line: &'static str| line.split_ascii_whitespace();
        counts(lines.flat_map(move |line| words(line).map(|word| (word.to_owned(), 1))))
    })
}

/// Each worker counts what it reads, by hand, and only the counts go to others.
pub(super) fn run_combined(batches: u64) -> (u64, Times) {
    let lines = |_, worker| lines(share(text(), worker));
    timely::run(batches, lines, |lines| {
        counts(fold_batches(lines, Pipeline, count_words, |counts| {
            counts
                .into_iter()
                .map(|(word, count)| (word.to_owned(), count))
        }))
    })
}

fn count_words(counts: &mut Map<&'static str, u64>, line: &'static str) {
    for word in line.split_ascii_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
}

fn counts(words: Stream<'_, (String, u64)>) -> Stream<'_, u64> {
    let by_word = Exchange::new(|(word, _): &(String, u64)| hash(word));
    let counts = fold_batches(
        words,
        by_word,
        |counts: &mut Map<String, u64>, (word, count)| *counts.entry(word).or_insert(0) += count,
        |counts| counts,
    );
    counts.map(|(word, count)| item(fnv1a(word.as_bytes()), count))
}
