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

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::bidding::{Bidding, Lead, by_auction, winner};
use super::event::{Event, auctions};
use super::{Query, latest};

/// The seller, and the average of at most ten prices.
type Row = (usize, usize);

stream!(
    /// A seller is looked at once a batch in which an auction of theirs has a new leader.
    #[checkpoint]
    pub fn seller_prices(events: Stream<&Event>, out: Sink<(usize, usize)>) {
        let leads =
            events
                .filter_map(by_auction)
                .map_with_state(|_, auction, happening, bidding| {
                    let bidding = bidding.get_or_insert(Bidding::default());
                    let lead = bidding.take(happening?)?;
                    Some((lead.lot.seller, Sale::new(auction, &lead)))
                });
        let averages = leads
            .combine_by_key(LastTen::of, LastTen::with, LastTen::merge)
            .map_with_state(|_, seller, sales, last| {
                let last = last.get_or_insert(LastTen::default());
                *last = std::mem::take(last).merge(sales?);
                Some((seller, last.average()))
            });
        averages.to(out);
    }
);

/// A price that somebody is ready to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sale {
    at: u64,
    auction: usize,
    price: usize,
}

impl Sale {
    /// The auction would end so.
    pub fn new(auction: usize, lead: &Lead) -> Self {
        Self {
            at: lead.now.date_time,
            auction,
            price: lead.now.price,
        }
    }
}

/// At most ten sales of a seller, the last one first, and of each auction one.
///
/// The winning bid of an auction is only ever replaced by a later one, so a sale that fell off the
/// list does not come back on it by itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LastTen(Vec<Sale>);

impl LastTen {
    /// The first sale.
    pub fn of(sale: Sale) -> Self {
        Self(vec![sale])
    }

    /// One more, or a later one of the same auction.
    pub fn with(mut self, sale: Sale) -> Self {
        let before = self
            .0
            .iter()
            .position(|other| other.auction == sale.auction);
        match before {
            Some(at) if self.0[at] > sale => return self,
            Some(at) => {
                self.0.remove(at);
            }
            None => {}
        }
        let at = self.0.partition_point(|other| *other > sale);
        self.0.insert(at, sale);
        self.0.truncate(10);
        self
    }

    /// The last ten of both.
    pub fn merge(self, other: Self) -> Self {
        other.0.into_iter().fold(self, Self::with)
    }

    /// The average of their prices.
    pub fn average(&self) -> usize {
        self.0.iter().map(|sale| sale.price).sum::<usize>() / self.0.len()
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut sellers: BTreeMap<usize, Vec<(u64, usize, usize)>> = BTreeMap::new();
    for auction in auctions(events) {
        if let Some(bid) = winner(events, auction) {
            let sales = sellers.entry(auction.seller).or_default();
            sales.push((bid.date_time, auction.id, bid.price));
        }
    }
    let average = |(seller, mut sales): (usize, Vec<(u64, usize, usize)>)| {
        sales.sort();
        let last = &sales[sales.len().saturating_sub(10)..];
        let sum: usize = last.iter().map(|(_, _, price)| price).sum();
        (seller, sum / last.len())
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
