//! q2, selection: the bids for some of the auctions.
//!
//! ```sql
//! SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0
//! ```

use stream_runtime::prelude::*;

use super::event::{Event, bid, bids};
use super::{Query, in_order};

/// Auction and price.
type Row = (usize, usize);

stream!(
    /// Few rows come out, so what it costs is to look at all bids.
    pub fn selection(events: Stream<&Event>, out: Sink<(usize, usize)>) {
        events
            .filter_map(bid)
            .filter(|bid| bid.auction.is_multiple_of(123))
            .map(|bid| (bid.auction, bid.price))
            .to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    let selected = bids(events).filter(|bid| bid.auction.is_multiple_of(123));
    selected.map(|bid| (bid.auction, bid.price)).collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q2",
    title: "selection",
    job: selection,
    answer: in_order,
    reference,
};
