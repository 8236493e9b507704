//! The windows in DFIR, which keeps nothing that leaves: a tick folds its batch, and the window beside it
//! slides.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::kept::{Counts, Largest, batch_of};
use super::{LENGTH, pairs, text};
use crate::by_hand::Map;
use crate::contest::{Times, timed_after};
use crate::peers::{Sum, lines, rows};

pub(super) fn of_words(slides: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let (sum, mut window, mut batches) = (Sum::default(), Counts::default(), 0..);
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(lines)
            -> flat_map(|line: &'static str| line.split_ascii_whitespace())
            -> fold::<'tick>(Map::default, |counts: &mut Map<&'static str, u64>, word| {
                *counts.entry(word).or_insert(0) += 1;
            })
            -> for_each(|pane| seen.add(window.slide(pane)));
    };
    timed_after(LENGTH, slides, || {
        let number = batches.next().expect("numbers have no end");
        batch
            .send(batch_of(text(), number))
            .expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}

pub(super) fn of_maximum(slides: u64) -> (u64, Times) {
    let (batch, received) = unbounded_channel();
    let (sum, mut window, mut batches) = (Sum::default(), Largest::default(), 0..);
    let seen = sum.clone();
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(rows)
            -> fold::<'tick>(Map::default, |largest: &mut Map<u64, u64>, (key, value): (u64, u64)| {
                let of_key = largest.entry(key).or_insert(value);
                *of_key = value.max(*of_key);
            })
            -> for_each(|pane| seen.add(window.slide(pane)));
    };
    timed_after(LENGTH, slides, || {
        let number = batches.next().expect("numbers have no end");
        batch
            .send(batch_of(pairs(), number))
            .expect("the flow receives");
        flow.run_tick_sync();
        sum.take()
    })
}
