//! q17, auction statistics: the bids for each auction of each day, and their prices.
//!
//! ```sql
//! SELECT auction, DATE_FORMAT(dateTime, 'yyyy-MM-dd') AS day,
//!        COUNT(*) AS total_bids,
//!        COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
//!        COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
//!        COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
//!        MIN(price) AS min_price, MAX(price) AS max_price, AVG(price) AS avg_price, SUM(price) AS sum_price
//! FROM bid GROUP BY auction, DATE_FORMAT(dateTime, 'yyyy-MM-dd')
//! ```
//!
//! The average is the sum divided by the number of bids, so it is no column of its own here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::calendar::day;
use super::event::{Bid, Event, bid, bids};
use super::statistics::{Tally, bits, naive};
use super::{Query, latest};

/// Auction and day, which is counted from the first one of 1970, and the prices.
type Row = ((usize, u64), Prices);

/// Numbers of bids, and their prices.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Prices {
    /// How many bids there are.
    pub bids: Tally,
    /// The lowest price.
    pub min: usize,
    /// The highest price.
    pub max: usize,
    /// The sum of the prices.
    pub sum: usize,
}

stream!(
    /// The bids of a batch are added up first, so the state of an auction is looked up once a batch.
    #[checkpoint]
    pub fn auction_statistics(events: Stream<&Event>, out: Sink<((usize, u64), Prices)>) {
        let prices = events
            .filter_map(bid)
            .map(|bid| ((bid.auction, day(bid.date_time)), Prices::of(bid)))
            .reduce_by_key(Prices::with)
            .map_with_state(|_, auction, prices, total| {
                let new = prices?;
                let all = total
                    .get_option()
                    .map_or(new, |old| Prices::with(*old, new));
                total.update(all);
                Some((auction, all))
            });
        prices.to(out);
    }
);

impl Prices {
    /// Of one bid.
    #[inline(always)]
    pub fn of(bid: &Bid) -> Self {
        Self {
            bids: Tally::one(bits(bid)),
            min: bid.price,
            max: bid.price,
            sum: bid.price,
        }
    }

    /// Of all bids of both.
    #[inline(always)]
    pub fn with(self, other: Self) -> Self {
        Self {
            bids: self.bids + other.bids,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            sum: self.sum + other.sum,
        }
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut auctions: BTreeMap<(usize, u64), Vec<&Bid>> = BTreeMap::new();
    for bid in bids(events) {
        auctions
            .entry((bid.auction, day(bid.date_time)))
            .or_default()
            .push(bid);
    }
    let prices = |(auction, bids): (_, Vec<&Bid>)| {
        let prices = bids.iter().map(|bid| bid.price);
        let all = Prices {
            bids: naive(&bids).bids,
            min: prices.clone().min().unwrap_or(0),
            max: prices.clone().max().unwrap_or(0),
            sum: prices.sum(),
        };
        (auction, all)
    };
    auctions.into_iter().map(prices).collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q17",
    title: "auction statistics",
    job: auction_statistics,
    answer: latest,
    reference,
};
