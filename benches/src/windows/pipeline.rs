//! The pipelines.

use std::time::Duration;

use stream_runtime::prelude::*;

use super::{LENGTH, batches, of_word, pairs, text, words};
use crate::answer::item;
use crate::contest::{Times, answers};
use crate::source::cycle;

stream!(
    #[checkpoint]
    fn counts(lines: Stream<&str>, length: Duration, sum: Accumulator<Sum<u64>>) {
        lines
            .flat_map(|line| line.split_ascii_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length)
            .map(|(word, count)| of_word(word, count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    fn counts_without_inverse(lines: Stream<&str>, length: Duration, sum: Accumulator<Sum<u64>>) {
        lines
            .flat_map(|line| line.split_ascii_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, length)
            .map(|(word, count)| of_word(word, count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    #[checkpoint]
    fn counts_of_lines(words: Stream<&str>, length: Duration, sum: Accumulator<Sum<u64>>) {
        words
            .map(|word| (word, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length)
            .map(|(word, count)| of_word(word, count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    fn largest(pairs: Stream<(u64, u64)>, length: Duration, sum: Accumulator<Sum<u64>>) {
        pairs
            .reduce_by_key_and_window(Ord::max, length)
            .map(|(key, value)| item(key, value))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

/// Runs the batches with which a window fills, and those of the slides, which alone are measured.
fn slid(
    slides: u64,
    length: u64,
    threads: usize,
    job: impl FnOnce(u64, Accumulator<Sum<u64>>) -> Job,
) -> (u64, Times) {
    let (answer, times) = answers(threads, |sum| job(length + slides, sum));
    (answer, times[length as usize..].to_vec())
}

pub(super) fn of_words(slides: u64, threads: usize) -> (u64, Times) {
    slid(slides, LENGTH, threads, |end, sum| {
        counts(cycle(text(), end), batches(LENGTH), sum)
    })
}

pub(super) fn of_words_without_inverse(slides: u64) -> (u64, Times) {
    slid(slides, LENGTH, 1, |end, sum| {
        counts_without_inverse(cycle(text(), end), batches(LENGTH), sum)
    })
}

pub(super) fn of_length(slides: u64, length: u64) -> (u64, Times) {
    slid(slides, length, 1, |end, sum| {
        counts_of_lines(cycle(words(), end), batches(length), sum)
    })
}

pub(super) fn of_maximum(slides: u64, threads: usize) -> (u64, Times) {
    slid(slides, LENGTH, threads, |end, sum| {
        largest(cycle(pairs(), end), batches(LENGTH), sum)
    })
}
