//! What the peers share: their input, and what they count.

use std::sync::Arc;

use stream_runtime::Rows;

use super::event::Event;
use super::{DISORDER, WINDOW, campaigns, structs, window};
use crate::answer::sum;
use crate::by_hand::Map;

/// A campaign, and the start of a window.
pub(super) type View = (u64, u64);

/// The batch with this number.
pub(super) fn batch(number: u64) -> &'static [Arc<Rows<Event>>] {
    &structs()[number as usize]
}

/// The events of these blocks.
pub(super) fn events(
    blocks: &'static [Arc<Rows<Event>>],
) -> impl Iterator<Item = &'static Event> + Send {
    blocks.iter().flat_map(|block| &block.0)
}

/// What a view counts for.
pub(super) fn view(event: &'static Event) -> Option<View> {
    let start = event.event_time - event.event_time % WINDOW;
    Some((*campaigns().get(&event.ad_id)?, start))
}

/// Below this time there is nothing more to come after a batch.
pub(super) fn watermark(number: u64) -> u64 {
    let last = batch(number).last().and_then(|block| block.0.last());
    last.expect("a batch has events").event_time - DISORDER
}

/// Views of windows that have not ended, for engines that keep nothing from batch to batch.
#[derive(Debug, Default)]
pub(super) struct Open(Map<View, u64>);

impl Open {
    pub(super) fn add(&mut self, view: View, views: u64) {
        *self.0.entry(view).or_insert(0) += views;
    }

    /// Takes the windows that have ended out, and adds them up.
    pub(super) fn ended(&mut self, watermark: u64) -> u64 {
        let ended = self
            .0
            .extract_if(|(_, start), _| *start + WINDOW <= watermark);
        sum(ended.map(|((campaign, start), views)| window(campaign, start, views)))
    }
}
