//! q4, average price for a category: what do the auctions of each category end at, on average?
//!
//! ```sql
//! SELECT Q.category, AVG(Q.final)
//! FROM (SELECT MAX(B.price) AS final, A.category
//!       FROM auction A, bid B
//!       WHERE A.id = B.auction AND B.dateTime BETWEEN A.dateTime AND A.expires
//!       GROUP BY A.id, A.category) Q
//! GROUP BY Q.category
//! ```
//!
//! Which bids count is told in [`bidding`](super::bidding).

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use super::bidding::{Bidding, Lead, by_auction, winner};
use super::event::{Event, auctions};
use super::{Query, latest};

/// The category; the sum of the winning prices, and their number.
type Row = (usize, (usize, usize));

stream!(
    /// Flink retracts the price of an auction when a higher one comes. Here the differences travel:
    /// by how much the sum of a category changes, and the number of its auctions with a price.
    #[checkpoint]
    pub fn category_prices(events: Stream<&Event>, out: Sink<(usize, (usize, usize))>) {
        let changes =
            events
                .filter_map(by_auction)
                .map_with_state(|_, _auction, happening, bidding| {
                    let bidding = bidding.get_or_insert(Bidding::default());
                    let lead = bidding.take(happening?)?;
                    Some((lead.lot.category, change(&lead)))
                });
        let averages = changes
            .reduce_by_key(add)
            .map_with_state(|_, category, change, total| {
                let total = total.get_or_insert((0, 0));
                *total = add(*total, change?);
                Some((category, *total))
            });
        averages.to(out);
    }
);

/// Prices only rise, so no difference is below zero.
fn change(lead: &Lead) -> (usize, usize) {
    match lead.before {
        Some(before) => (lead.now.price - before.price, 0),
        None => (lead.now.price, 1),
    }
}

fn add(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    (a.0 + b.0, a.1 + b.1)
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut totals = BTreeMap::new();
    for auction in auctions(events) {
        if let Some(bid) = winner(events, auction) {
            let total = totals.entry(auction.category).or_insert((0, 0));
            *total = (total.0 + bid.price, total.1 + 1);
        }
    }
    totals.into_iter().collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q4",
    title: "average price for a category",
    job: category_prices,
    answer: latest,
    reference,
};
