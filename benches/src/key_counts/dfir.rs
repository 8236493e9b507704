//! The counts in DFIR.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::Keys;
use crate::answer::item;
use crate::contest::{Times, timed};
use crate::peers::{Sum, rows};

pub(super) fn run(keys: Keys, batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(rows)
            -> map(|key: u64| (key, 1))
            -> fold_keyed::<'tick, u64, u64>(|| 0, |count: &mut u64, one: u64| *count += one)
            -> for_each(|(key, count)| seen.add(item(key, count)));
    };
    timed(batches, || {
        batch.send(keys).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
