//! Three stages and a sum in DFIR.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use crate::answer::item;
use crate::contest::{Times, timed};
use crate::data::numbers;
use crate::peers::{Sum, rows};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(rows)
            -> map(|x: u64| x.wrapping_mul(3).wrapping_add(1))
            -> filter(|y: &u64| y & 3 != 0)
            -> map(|y: u64| (y ^ y >> 7) >> 8)
            -> fold::<'tick>(|| 0, |sum: &mut u64, z: u64| *sum = sum.wrapping_add(z))
            -> for_each(|sum| seen.add(item(0, sum)));
    };
    timed(batches, || {
        batch.send(numbers()).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
