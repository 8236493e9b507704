//! The windows in DFIR: it counts the views of a batch, and what is open is kept beside it.

#![expect(
    unsafe_code,
    unreachable_pub,
    reason = "both are in what `dfir_syntax!` makes"
)]

use std::cell::RefCell;
use std::rc::Rc;

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::event::{Event, Kind};
use super::views::{Open, View, batch, events, view, watermark};
use crate::contest::{Times, timed};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let (sender, received) = unbounded_channel();
    let open = Rc::new(RefCell::new(Open::default()));
    let seen = Rc::clone(&open);
    let mut flow = dfir_syntax! {
        source_stream(received)
            -> flat_map(events)
            -> filter(|event: &&'static Event| event.event_type == Kind::View)
            -> filter_map(view)
            -> map(|view| (view, 1))
            -> fold_keyed::<'tick, View, u64>(|| 0, |views: &mut u64, one: u64| *views += one)
            -> for_each(|(view, views)| seen.borrow_mut().add(view, views));
    };
    let mut numbers = 0..;
    timed(batches, || {
        let number = numbers.next().expect("numbers have no end");
        sender.send(batch(number)).expect("the flow receives");
        flow.run_tick_sync();
        open.borrow_mut().ended(watermark(number))
    })
}
