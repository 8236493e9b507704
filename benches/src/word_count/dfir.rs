//! The word count in DFIR.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use crate::answer::{fnv1a, item};
use crate::contest::{Times, timed};
use crate::data::text;
use crate::peers::{Sum, lines};

/// A word is a `String`, as when lines come from outside.
pub(super) fn run(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(lines)
            -> flat_map(|line: &'static str| line.split_ascii_whitespace())
            -> map(|word| (word.to_owned(), 1))
            -> fold_keyed::<'tick, String, u64>(|| 0, |count: &mut u64, one| *count += one)
            -> for_each(|(word, count): (String, u64)| seen.add(item(fnv1a(word.as_bytes()), count)));
    };
    timed(batches, || {
        batch.send(text()).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}

/// A word is a piece of its line, which here lives long enough.
pub(super) fn run_borrowed(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(lines)
            -> flat_map(|line: &'static str| line.split_ascii_whitespace())
            -> map(|word| (word, 1))
            -> fold_keyed::<'tick, &str, u64>(|| 0, |count: &mut u64, one| *count += one)
            -> for_each(|(word, count): (&str, u64)| seen.add(item(fnv1a(word.as_bytes()), count)));
    };
    timed(batches, || {
        batch.send(text()).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
