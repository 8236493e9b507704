//! The windows in timely, by hand, as there are none: the times of the records are those of the events.

use std::collections::BTreeMap;

use ::timely::dataflow::channels::pact::Exchange;
use ::timely::dataflow::operators::Operator;
use ::timely::dataflow::operators::vec::{Filter, Map as _};

use super::event::Kind;
use super::views::{View, batch, events, view, watermark};
use super::{WINDOW, window};
use crate::by_hand::Map;
use crate::contest::Times;
use crate::peers::timely::Stream;
use crate::peers::{share, timely};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let share = |number, worker| events(share(batch(number), worker));
    timely::run_until(watermark, batches, share, |events| {
        let views = events.filter(|event| event.event_type == Kind::View);
        windows(views.flat_map(view))
    })
}

fn windows(views: Stream<'_, View>) -> Stream<'_, u64> {
    let by_campaign = Exchange::new(|(campaign, _): &View| *campaign);
    views.unary_frontier(by_campaign, "Windows", |_, _| {
        // By the last time of a window, with the right to put something out at that time.
        let mut open = BTreeMap::new();
        move |(views, frontier), output| {
            views.for_each_stamp(|capability, views| {
                for (campaign, start) in views.flat_map(|views| views.drain(..)) {
                    let last = start + WINDOW - 1;
                    let (_, counts) = open.entry(last).or_insert_with(|| {
                        (
                            capability.delayed(&last, output.output_index()),
                            Map::default(),
                        )
                    });
                    *counts.entry(campaign).or_insert(0) += 1;
                }
            });
            let has_ended = |last: &u64| !frontier.less_equal(last);
            while let Some(entry) = open.first_entry().filter(|entry| has_ended(entry.key())) {
                let (last, (capability, counts)) = entry.remove_entry();
                let counts = counts.into_iter();
                let items =
                    counts.map(|(campaign, views)| window(campaign, last + 1 - WINDOW, views));
                output.session(&capability).give_iterator(items);
            }
        }
    })
}
