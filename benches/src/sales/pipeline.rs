//! The pipelines.

use stream_runtime::prelude::*;

use super::{Sale, lines, structs};
use crate::answer::item;
use crate::contest::{Times, answers};
use crate::source::repeat;

stream!(
    fn parsed(lines: Stream<&str>, sum: Accumulator<Sum<u64>>) {
        lines
            .filter_map(Sale::parse)
            .map(|sale| (sale.shop, sale.cents))
            .reduce_by_key(|a, b| a + b)
            .map(|(shop, cents)| item(u64::from(shop), cents))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    fn given(sales: Stream<&Sale>, sum: Accumulator<Sum<u64>>) {
        sales
            .map(|sale| (sale.shop, sale.cents))
            .reduce_by_key(|a, b| a + b)
            .map(|(shop, cents)| item(u64::from(shop), cents))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

pub(super) fn of_text(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| parsed(repeat(lines(), batches), sum))
}

pub(super) fn of_structs(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| given(repeat(structs(), batches), sum))
}
