//! By hand: views are counted by campaign and window in a map, which puts out what has ended after each
//! batch; with `rayon`, in a map for each thread first.

use std::sync::Arc;

use stream_runtime::{Rows, Text};

use super::event::{Event, JsonEvent, Kind};
use super::{DISORDER, WINDOW, campaigns, window};
use crate::answer::sum;
use crate::by_hand::Map;
use crate::contest::{Times, timed};
use crate::data::lines_of;

/// Views by campaign and start of the window, and the largest time there was.
#[derive(Debug, Default)]
pub(super) struct Views {
    counts: Map<(u64, u64), u64>,
    latest: u64,
}

impl Views {
    #[inline(always)]
    fn see(&mut self, ad_id: u64, time: u64) {
        self.latest = self.latest.max(time);
        if let Some(campaign) = campaigns().get(&ad_id) {
            *self
                .counts
                .entry((*campaign, time - time % WINDOW))
                .or_insert(0) += 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.latest = self.latest.max(other.latest);
        for (key, views) in other.counts {
            *self.counts.entry(key).or_insert(0) += views;
        }
    }

    /// Takes the windows that have ended out, and adds them up.
    fn ended(&mut self) -> u64 {
        let watermark = self.latest.saturating_sub(DISORDER);
        let ended = self
            .counts
            .extract_if(|(_, start), _| *start + WINDOW <= watermark);
        sum(ended.map(|((campaign, start), views)| window(campaign, start, views)))
    }
}

pub(super) fn views(views: &mut Views, block: &Arc<Rows<Event>>) {
    for event in &block.0 {
        if event.event_type == Kind::View {
            views.see(event.ad_id, event.event_time);
        }
    }
}

pub(super) fn views_in_json(views: &mut Views, block: &Arc<Text>) {
    for event in lines_of(block).filter_map(JsonEvent::parse) {
        if event.event_type == "view" {
            views.see(event.ad_id, event.event_time);
        }
    }
}

pub(super) fn one_thread<B>(
    data: &'static [Vec<B>],
    batches: u64,
    count: impl Fn(&mut Views, &B),
) -> (u64, Times) {
    let (mut views, mut data) = (Views::default(), data.iter());
    timed(batches, || {
        let blocks = data.next().into_iter().flatten();
        blocks.for_each(|block| count(&mut views, block));
        views.ended()
    })
}

pub(super) fn rayon<B: Sync>(
    data: &'static [Vec<B>],
    batches: u64,
    count: impl Fn(&mut Views, &B) + Sync,
) -> (u64, Times) {
    let (mut views, mut data) = (Views::default(), data.iter());
    let of_half = |blocks: &[B]| {
        let mut views = Views::default();
        blocks.iter().for_each(|block| count(&mut views, block));
        views
    };
    timed(batches, || {
        let blocks = data.next().map_or(&[][..], |blocks| blocks);
        let (first, second) = blocks.split_at(blocks.len() / 2);
        let (a, b) = rayon::join(|| of_half(first), || of_half(second));
        views.add(a);
        views.add(b);
        views.ended()
    })
}
