//! The join in DFIR.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::{joined, left, right};
use crate::contest::{Times, timed};
use crate::peers::{Sum, rows};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let (to_left, from_left) = unbounded_channel();
    let (to_right, from_right) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(from_left) -> flat_map(rows) -> [0]pairs;
        source_stream(from_right) -> flat_map(rows) -> [1]pairs;
        pairs = join_multiset::<'tick>()
            -> for_each(|(key, (l, r)): (u64, (u64, u64))| seen.add(joined(key, l, r)));
    };
    timed(batches, || {
        to_left.send(&left()[..]).expect("the flow receives");
        to_right.send(&right()[..]).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
