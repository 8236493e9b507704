//! The pipelines.

use stream_runtime::prelude::*;

use super::{all_names, keys, names};
use crate::answer::{fnv1a, item};
use crate::contest::{Times, answers};
use crate::data::key64;
use crate::source::repeat;

stream!(
    #[checkpoint]
    fn numbers(keys: Stream<u64>, there: u64, sum: Accumulator<Sum<u64>>) {
        keys.map(|key| (key, 1u64))
            .map_with_state(
                |_, key, one, count| {
                    let count = count.get_or_insert(0u64);
                    *count += one.unwrap_or(0);
                    Some(item(key, *count))
                },
                StateSpec::new().initial((0..there).map(|key| (key64(key), 0))),
            )
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    #[checkpoint]
    fn strings(names: Stream<&str>, sum: Accumulator<Sum<u64>>) {
        names
            .map(|name| (name, 1u64))
            .map_with_state(
                |_, name, one, count| {
                    let count = count.get_or_insert(0u64);
                    *count += one.unwrap_or(0);
                    Some(item(fnv1a(name.as_bytes()), *count))
                },
                StateSpec::new().initial(all_names().iter().map(|name| (name.as_str(), 0))),
            )
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

pub(super) fn of_numbers(batches: u64, there: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| {
        numbers(repeat(keys(there), batches), there, sum)
    })
}

pub(super) fn of_names(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| strings(repeat(names(), batches), sum))
}
