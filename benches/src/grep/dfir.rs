//! The search in DFIR.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::pattern;
use crate::answer::item;
use crate::contest::{Times, timed};
use crate::data::text;
use crate::peers::{Sum, lines};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let (sum, pattern) = (Sum::default(), pattern());
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(lines)
            -> filter(|line: &&str| line.contains(pattern))
            -> fold::<'tick>(|| 0, |count: &mut u64, _| *count += 1)
            -> for_each(|count| seen.add(item(0, count)));
    };
    timed(batches, || {
        batch.send(text()).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
