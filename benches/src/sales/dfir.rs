//! The sums of sales in DFIR.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::{Sale, lines};
use crate::answer::item;
use crate::contest::{Times, timed};
use crate::peers::{self, Sum};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(peers::lines)
            -> filter_map(Sale::parse)
            -> map(|sale: Sale| (sale.shop, sale.cents))
            -> fold_keyed::<'tick, u32, u64>(|| 0, |total: &mut u64, cents: u64| *total += cents)
            -> for_each(|(shop, cents)| seen.add(item(u64::from(shop), cents)));
    };
    timed(batches, || {
        batch.send(lines()).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
