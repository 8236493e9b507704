//! q0, pass-through: what it costs to let bids through and do nothing.
//!
//! ```sql
//! SELECT auction, bidder, price, dateTime, extra FROM bid
//! ```

use stream_runtime::prelude::*;

use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

stream!(
    /// The bids. Only references to them travel.
    pub fn pass_through(events: Stream<&Event>, out: Sink<&Bid>) {
        events.filter_map(bid).to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Bid> {
    bids(events).cloned().collect()
}

/// The query.
pub const QUERY: Query<Bid> = Query {
    name: "q0",
    title: "pass-through",
    job: pass_through,
    answer: in_order,
    reference,
};
