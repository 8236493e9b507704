//! q6, average selling price by seller: of the last ten auctions that found a buyer.
//!
//! ```sql
//! SELECT Q.seller,
//!        AVG(Q.final) OVER (PARTITION BY Q.seller ORDER BY Q.dateTime ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
//! FROM (SELECT MAX(B.price) AS final, A.seller, B.dateTime
//!       FROM auction AS A, bid AS B
//!       WHERE A.id = B.auction AND B.dateTime BETWEEN A.dateTime AND A.expires
//!       GROUP BY A.id, A.seller) AS Q
//! ```
//!
//! Flink cannot run it: its `OVER` takes no input that is retracted, and the final price of an
//! auction is, with each higher bid. Here a seller has a list of ten, in which a higher bid takes the
//! place of that for the same auction, and the average comes out again. The last auctions are those
//! whose winning bids were made last. Which bids count is told in [`bidding`](super::bidding).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::bidding::{Bidding, by_auction, winner};
use super::event::{Event, auctions};
use super::{Query, latest};

/// The seller, and the average of at most ten prices.
type Row = (usize, usize);

stream!(
    /// A seller is looked at once for each new leader of an auction, not for each bid.
    #[checkpoint]
    pub fn seller_prices(events: Stream<&Event>, out: Sink<(usize, usize)>) {
        let sales =
            events
                .filter_map(by_auction)
                .map_with_state(|_, auction, happening, bidding| {
                    let lead = bidding.get_or_insert(Bidding::default()).take(happening?)?;
                    let (at, price) = (lead.now.date_time, lead.now.price);
                    Some((lead.lot.seller, Sale { at, auction, price }))
                });
        let averages = sales.map_with_state(|_, seller, sale, sales| {
            let sales = sales.get_or_insert(Vec::new());
            put(sales, sale?);
            Some((seller, average(sales)))
        });
        averages.to(out);
    }
);

/// A price that somebody is ready to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Sale {
    at: u64,
    auction: usize,
    price: usize,
}

/// Puts a sale among the last ten, the last one first. The winning bid of an auction is only ever
/// replaced by a later one, so no sale that fell off the list comes back on it by itself.
fn put(sales: &mut Vec<Sale>, sale: Sale) {
    sales.retain(|other| other.auction != sale.auction);
    let at = sales.partition_point(|other| *other > sale);
    sales.insert(at, sale);
    sales.truncate(10);
}

fn average(sales: &[Sale]) -> usize {
    sales.iter().map(|sale| sale.price).sum::<usize>() / sales.len()
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut sellers: BTreeMap<usize, Vec<Sale>> = BTreeMap::new();
    for it in auctions(events) {
        if let Some(bid) = winner(events, it) {
            let (at, auction, price) = (bid.date_time, it.id, bid.price);
            sellers
                .entry(it.seller)
                .or_default()
                .push(Sale { at, auction, price });
        }
    }
    let average = |(seller, mut sales): (usize, Vec<Sale>)| {
        sales.sort_by_key(|sale| Reverse(*sale));
        sales.truncate(10);
        (seller, average(&sales))
    };
    sellers.into_iter().map(average).collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q6",
    title: "average selling price by seller",
    job: seller_prices,
    answer: latest,
    reference,
};
