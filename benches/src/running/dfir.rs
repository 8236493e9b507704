//! Running counts in DFIR: a scan over all batches, whose state is a map.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::{MILLION, all_names, keys, names};
use crate::answer::{fnv1a, item};
use crate::by_hand::Map;
use crate::contest::{Times, timed};
use crate::data::key64;
use crate::peers::{Sum, lines, rows};

pub(super) fn of_numbers(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let all = || (0..MILLION).map(|key| (key64(key), 0)).collect();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(rows)
            -> scan::<'static>(all, |counts: &mut Map<u64, u64>, key: u64| {
                let count = counts.entry(key).or_insert(0);
                *count += 1;
                Some(item(key, *count))
            })
            -> for_each(|item| seen.add(item));
    };
    timed(batches, || {
        batch.send(keys(MILLION)).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}

pub(super) fn of_names(batches: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let sum = Sum::default();
    let seen = sum.clone();
    let all = || all_names().iter().map(|name| (name.clone(), 0)).collect();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(lines)
            -> scan::<'static>(all, |counts: &mut Map<String, u64>, name: &'static str| {
                let count = counts.entry_ref(name).or_insert(0);
                *count += 1;
                Some(item(fnv1a(name.as_bytes()), *count))
            })
            -> for_each(|item| seen.add(item));
    };
    timed(batches, || {
        batch.send(names()).expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
