//! q9, winning bids: the bid that wins each auction.
//!
//! ```sql
//! SELECT id, …, seller, category, auction, bidder, price, bid_dateTime
//! FROM (SELECT A.*, B.auction, B.bidder, B.price, B.dateTime AS bid_dateTime,
//!              ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.dateTime ASC) AS rownum
//!       FROM auction A, bid B
//!       WHERE A.id = B.auction AND B.dateTime BETWEEN A.dateTime AND A.expires)
//! WHERE rownum <= 1
//! ```
//!
//! Of auctions and bids the numbers are kept, not the texts. Which bids count is told in
//! [`bidding`](super::bidding).

use stream_runtime::prelude::*;

use super::bidding::{Bidding, Lot, by_auction, winner};
use super::event::{Event, Offer, auctions};
use super::{Query, all, latest};

/// The auction by its id, and the bid that wins.
type Row = (usize, (Lot, Offer));

stream!(
    /// An auction comes out again whenever another bid wins.
    #[checkpoint]
    pub fn winning_bids(events: Stream<&Event>, out: Sink<(usize, (Lot, Offer))>) {
        let winning =
            events
                .filter_map(by_auction)
                .map_with_state(|_, auction, happening, bidding| {
                    let bidding = bidding.get_or_insert(Bidding::default());
                    let lead = bidding.take(happening?)?;
                    Some((auction, (lead.lot, lead.now)))
                });
        winning.to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    let winners = auctions(events).filter_map(|auction| {
        let bid = winner(events, auction)?;
        Some((auction.id, (Lot::from(auction), bid)))
    });
    all(winners.collect())
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q9",
    title: "winning bids",
    job: winning_bids,
    answer: latest,
    reference,
};
