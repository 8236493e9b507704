//! The windows in renoir: its own begin with the first event of a key, so a window is a part of the key.
//!
//! All batches are one job, which counts up to the end; what has not ended by then is left out.

use super::event::Kind;
use super::views::{batch, events, view, watermark};
use super::{WINDOW, window};
use crate::contest::Times;
use crate::peers::{renoir, share};

pub(super) fn run(batches: u64) -> (u64, Times) {
    let end = watermark(batches - 1);
    renoir::run_as_one(|context, clock| {
        let nothing = |_, _| std::iter::empty();
        let share = |number, thread| events(share(batch(number), thread));
        context
            .stream_par_iter(clock.batches_after(nothing, batches, share))
            .batch_mode(renoir::messages())
            .filter(|event| event.event_type == Kind::View)
            .filter_map(view)
            .group_by_count(|view| *view)
            .unkey()
            .filter(move |((_, start), _)| start + WINDOW <= end)
            .map(|((campaign, start), views)| window(campaign, start, views as u64))
    })
}
