//! As most people would write it.

use std::collections::{BTreeMap, HashMap};

use super::event::{JsonEvent, Kind};
use super::{DISORDER, WINDOW, campaigns, lines, structs, window};
use crate::answer::sum;
use crate::contest::{Times, timed};

/// Views by start of the window and campaign.
type Windows = BTreeMap<u64, HashMap<u64, u64>>;

/// Counts views, each an ad and a time.
fn count<I: Iterator<Item = (u64, u64)>>(
    batches: u64,
    views_of_batch: impl Fn(usize) -> I,
) -> (u64, Times) {
    let campaigns: HashMap<u64, u64> = campaigns()
        .iter()
        .map(|(ad, campaign)| (*ad, *campaign))
        .collect();
    let (mut windows, mut latest, mut batch) = (Windows::new(), 0, 0);
    timed(batches, || {
        for (ad_id, time) in views_of_batch(batch) {
            latest = latest.max(time);
            if let Some(campaign) = campaigns.get(&ad_id) {
                let window = windows.entry(time / WINDOW * WINDOW).or_default();
                *window.entry(*campaign).or_insert(0) += 1;
            }
        }
        batch += 1;
        let open = windows.split_off(&(latest.saturating_sub(DISORDER + WINDOW) + 1));
        let ended = std::mem::replace(&mut windows, open).into_iter();
        sum(ended.flat_map(|(start, views)| {
            let views = views.into_iter();
            views.map(move |(campaign, views)| window(campaign, start, views))
        }))
    })
}

pub(super) fn of_structs(batches: u64) -> (u64, Times) {
    count(batches, |batch| {
        let events = structs()[batch].iter().flat_map(|rows| &rows.0);
        let views = events.filter(|event| event.event_type == Kind::View);
        views.map(|event| (event.ad_id, event.event_time))
    })
}

pub(super) fn of_json(batches: u64) -> (u64, Times) {
    count(batches, |batch| {
        let lines = lines()[batch].iter().flat_map(|text| text.as_str().lines());
        let events = lines.filter_map(JsonEvent::parse);
        let views = events.filter(|event| event.event_type == "view");
        views.map(|event| (event.ad_id, event.event_time))
    })
}
