//! Windows, beside references that look at all their batches again each time.

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use crate::harness::{Any, Corpus, Kept};
use crate::inputs::{numbers, pairs, words};
use crate::reference::{counted, grouped, reduced};

stream!(
    fn windowed(words: Stream<&str>, out: Sink<&str>) {
        words.window(3s, 1s).to(out);
    }

    fn windowed_by_two(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let last = words.window(4s, 2s);
        last.count_by_value().to(out);
    }

    fn between(words: Stream<&str>, out: Sink<&str>) {
        let [from, to] = [2_000, 5_000].map(BatchTime::from_millis);
        words.slice(from, to).to(out);
    }

    fn window_counts(xs: Stream<u64>, out: Sink<u64>) {
        xs.count_by_window(3s, 2s).to(out);
    }

    fn window_values(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words.count_by_value_and_window(5s, 1s).to(out);
    }

    fn window_sums(xs: Stream<u64>, out: Sink<u64>) {
        xs.reduce_by_window(|a, b| a.wrapping_add(b), 4s, 1s)
            .to(out);
    }

    #[steady]
    fn steady_sums(xs: Stream<u64>, out: Sink<u64>) {
        xs.reduce_by_window(u64::wrapping_add, 4s, 1s).to(out);
    }

    #[steady]
    fn steady_key_sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .reduce_by_key_and_window(u64::wrapping_add, 6s, 4s)
            .to(out);
    }

    #[checkpoint]
    fn sums_with_inverse(xs: Stream<u64>, out: Sink<u64>) {
        xs.reduce_by_window(u64::wrapping_add, u64::wrapping_sub, 4s, 1s)
            .to(out);
    }

    fn peaks(xs: Stream<u64>, out: Sink<u64>) {
        xs.reduce_by_window(Ord::max, 2s, 3s).to(out);
    }

    fn key_sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .reduce_by_key_and_window(|a, b| a.wrapping_add(b), 6s, 4s)
            .to(out);
    }

    #[checkpoint]
    fn key_sums_with_inverse(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .reduce_by_key_and_window(|a, b| a.wrapping_add(b), |a, b| a.wrapping_sub(b), 6s, 4s)
            .to(out);
    }

    fn key_minima(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.reduce_by_key_and_window(|a, b| a.min(b), 3s).to(out);
    }

    fn key_folds(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .fold_by_key_and_window(0, |a, b| a | b, 3s, 1s)
            .to(out);
    }

    fn window_groups(pairs: Stream<(&str, u64)>, out: Sink<(&str, Vec<u64>)>) {
        pairs.group_by_key_and_window(3s, 2s).to(out);
    }

    fn window_of_windows(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let minima = pairs.reduce_by_key_and_window(|a, b| a.min(b), 2s, 2s);
        let most = minima.reduce_by_key_and_window(|a, b| a.max(b), 6s, 4s);
        most.filter(|(_, n)| n % 2 == 0).to(out);
    }
);

/// The batches of each window, of `length` batches, that ends at a multiple of `slide` batches.
fn windows<T>(batches: &[Vec<T>], length: usize, slide: usize) -> Vec<&[Vec<T>]> {
    let ends = (slide..=batches.len()).step_by(slide);
    ends.map(|end| &batches[end.saturating_sub(length)..end])
        .collect()
}

/// What `of` makes of the records of each window.
fn each<T: Clone, O>(
    (length, slide): (usize, usize),
    of: impl Fn(Vec<T>) -> Vec<O>,
) -> impl Fn(&[Vec<T>]) -> Vec<Vec<O>> {
    move |batches| {
        let windows = windows(batches, length, slide);
        windows.into_iter().map(|rows| of(rows.concat())).collect()
    }
}

/// At the fifth batch the records of all from the second on, else nothing.
fn from_the_second_to_the_fifth(batches: &[Vec<String>]) -> Vec<Vec<String>> {
    let row = |at| match at {
        4 => batches[1..=4].concat(),
        _ => Vec::new(),
    };
    (0..batches.len()).map(row).collect()
}

type Pairs = Vec<(String, u64)>;

fn by_key(combine: fn(u64, u64) -> u64) -> impl Fn(Pairs) -> Pairs {
    move |pairs| reduced(pairs, combine).into_iter().collect()
}

fn one(combine: fn(u64, u64) -> u64) -> impl Fn(Vec<u64>) -> Vec<u64> {
    move |xs| Vec::from_iter(xs.into_iter().reduce(combine))
}

fn nested(batches: &[Pairs]) -> Vec<Pairs> {
    let minima = each((2, 2), by_key(u64::min))(batches);
    let most = each((3, 2), by_key(u64::max))(&minima);
    most.into_iter()
        .map(|row| row.into_iter().filter(|(_, n)| n % 2 == 0).collect())
        .collect()
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.remembering(Kept, words, windowed, each((3, 1), |rows| rows));
    corpus.remembering(Any, words, windowed_by_two, each((4, 2), counted));
    corpus.remembering(Kept, words, between, from_the_second_to_the_fifth);
    corpus.remembering(
        Kept,
        numbers,
        window_counts,
        each((3, 2), |rows| vec![rows.len() as u64]),
    );
    corpus.remembering(Any, words, window_values, each((5, 1), counted));
    let sum = || each((4, 1), one(u64::wrapping_add));
    corpus.remembering(Kept, numbers, window_sums, sum());
    corpus.remembering(Kept, numbers, steady_sums, sum());
    corpus.remembering(Kept, numbers, sums_with_inverse, sum());
    corpus.remembering(Kept, numbers, peaks, each((2, 3), one(u64::max)));
    let sum = || each((6, 4), by_key(u64::wrapping_add));
    corpus.remembering(Any, pairs, key_sums, sum());
    corpus.remembering(Any, pairs, steady_key_sums, sum());
    corpus.remembering(Any, pairs, key_sums_with_inverse, sum());
    corpus.remembering(Any, pairs, key_minima, each((3, 1), by_key(u64::min)));
    corpus.remembering(Any, pairs, key_folds, each((3, 1), by_key(|a, b| a | b)));
    let groups_of = |pairs: Pairs| BTreeMap::into_iter(grouped(pairs)).collect();
    corpus.remembering(Any, pairs, window_groups, each((3, 2), groups_of));
    corpus.remembering(Any, pairs, window_of_windows, nested);
}
