//! q15, bidding statistics: bids, bidders and auctions of each day, by rank of the price.
//!
//! ```sql
//! SELECT DATE_FORMAT(dateTime, 'yyyy-MM-dd') AS day,
//!        COUNT(*) AS total_bids,
//!        COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
//!        COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
//!        COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
//!        COUNT(DISTINCT bidder) AS total_bidders, … rank1, rank2 and rank3 …,
//!        COUNT(DISTINCT auction) AS total_auctions, … rank1, rank2 and rank3 …
//! FROM bid GROUP BY DATE_FORMAT(dateTime, 'yyyy-MM-dd')
//! ```

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use super::calendar::{Day, day};
use super::event::{Bid, Event, bid, bids};
use super::statistics::{Statistics, Tally, bits, naive, unseen};
use super::{Query, latest};

/// The day, and what is counted.
type Row = (String, Statistics);

stream!(
    /// There is one key, the day, but no partition has to take in all bids: who is new is found out by
    /// bidder and by auction, and added up there. What is left of a batch when the three streams come
    /// together is a few sums.
    #[checkpoint]
    pub fn bidding_statistics(events: Stream<&Event>, out: Sink<(String, Statistics)>) {
        let bids = events.filter_map(bid);
        let all = bids
            .map(|bid| (day(bid.date_time), Tally::one(bits(bid))))
            .reduce_by_key(|a, b| a + b);
        let bidders = bids
            .map(|bid| ((day(bid.date_time), bid.bidder), bits(bid)))
            .reduce_by_key(|a, b| a | b)
            .map_with_state(|_, (day, _), bits, seen| Some((day, unseen(bits?, seen)?)))
            .reduce_by_key(|a, b| a + b);
        let auctions = bids
            .map(|bid| ((day(bid.date_time), bid.auction), bits(bid)))
            .reduce_by_key(|a, b| a | b)
            .map_with_state(|_, (day, _), bits, seen| Some((day, unseen(bits?, seen)?)))
            .reduce_by_key(|a, b| a + b);
        let changes = all.map_values(Statistics::of_bids).union(
            bidders.map_values(Statistics::of_bidders),
            auctions.map_values(Statistics::of_auctions),
        );
        let totals = changes
            .reduce_by_key(|a, b| a + b)
            .map_with_state(|_, day, change, total| {
                let total = total.get_or_insert(Statistics::default());
                *total = *total + change?;
                Some((Day(day).to_string(), *total))
            });
        totals.to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    let mut days: BTreeMap<u64, Vec<&Bid>> = BTreeMap::new();
    for bid in bids(events) {
        days.entry(day(bid.date_time)).or_default().push(bid);
    }
    let statistics = |(day, bids): (u64, Vec<&Bid>)| (Day(day).to_string(), naive(&bids));
    days.into_iter().map(statistics).collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q15",
    title: "bidding statistics",
    job: bidding_statistics,
    answer: latest,
    reference,
};
