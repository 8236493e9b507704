//! q1, currency conversion: the bids with their prices in euros instead of dollars.
//!
//! ```sql
//! SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid
//! ```
//!
//! Prices are in cents, and what is less than a cent is dropped.

use stream_runtime::prelude::*;

use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

/// The price in euros, and the bid.
type Row = (usize, Bid);

stream!(
    /// A multiplication for each bid.
    pub fn currency_conversion(events: Stream<&Event>, out: Sink<(usize, &Bid)>) {
        events
            .filter_map(bid)
            .map(|bid| (bid.price * 908 / 1_000, bid))
            .to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    bids(events)
        .map(|bid| (bid.price * 908 / 1_000, bid.clone()))
        .collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q1",
    title: "currency conversion",
    job: currency_conversion,
    answer: in_order,
    reference,
};
