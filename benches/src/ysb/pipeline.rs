//! The pipelines.

use stream_runtime::prelude::*;

use super::event::{Event, JsonEvent, Kind};
use super::{campaigns, lines, structs, window};
use crate::by_hand::Map;
use crate::contest::{Times, answers};
use crate::source::cycle;

/// The campaign of an ad.
type Campaigns = &'static Map<u64, u64>;

stream!(
    #[checkpoint]
    fn of_events(
        events: Stream<&Event>,
        campaigns: Broadcast<Campaigns>,
        sum: Accumulator<Sum<u64>>,
    ) {
        let views = events
            .filter(|event| event.event_type == Kind::View)
            .event_time(|event| BatchTime::from_millis(event.event_time), 1ms)
            .filter_map(|view| Some((*campaigns.get(&view.record.ad_id)?, view.map(|_| 1u64))));
        let (windows, _) = views.tumbling(10s, |a, b| a + b);
        windows
            .map(|(campaign, views)| window(campaign, views.start.as_millis(), views.value))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    #[checkpoint]
    fn of_lines(lines: Stream<&str>, campaigns: Broadcast<Campaigns>, sum: Accumulator<Sum<u64>>) {
        let views = lines
            .filter_map(JsonEvent::parse)
            .filter(|event| event.event_type == "view")
            .event_time(|event| BatchTime::from_millis(event.event_time), 1ms)
            .filter_map(|view| Some((*campaigns.get(&view.record.ad_id)?, view.map(|_| 1u64))));
        let (windows, _) = views.tumbling(10s, |a, b| a + b);
        windows
            .map(|(campaign, views)| window(campaign, views.start.as_millis(), views.value))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

pub(super) fn of_structs(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| {
        of_events(cycle(structs(), batches), Broadcast::new(campaigns()), sum)
    })
}

pub(super) fn of_json(batches: u64, threads: usize) -> (u64, Times) {
    answers(threads, |sum| {
        of_lines(cycle(lines(), batches), Broadcast::new(campaigns()), sum)
    })
}
