//! q19, auction top ten: the ten highest bids for each auction.
//!
//! ```sql
//! SELECT *
//! FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid)
//! WHERE rank_number <= 10
//! ```
//!
//! Of bids with the same price the earlier one comes first. The numbers of a bid come out, not its
//! texts, which would have to be kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::event::{Event, Offer, bid, bids};
use super::{Query, latest};

/// Auction and rank, from 1 on, and the bid.
type Row = ((usize, usize), Offer);

/// At most ten bids, the highest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TopTen(Vec<Offer>);

stream!(
    /// The ten highest of a batch are found first. Then those ranks come out that have another bid.
    #[checkpoint]
    pub fn top_ten(events: Stream<&Event>, out: Sink<((usize, usize), Offer)>) {
        let ranks = events
            .filter_map(bid)
            .map(|bid| (bid.auction, Offer::from(bid)))
            .combine_by_key(TopTen::of, TopTen::with, TopTen::merge)
            .map_with_state(|_, auction, bids, highest| {
                let highest = highest.get_or_insert(TopTen::default());
                let changed = highest.take(bids?);
                Some(
                    changed
                        .into_iter()
                        .map(move |(rank, bid)| ((auction, rank), bid)),
                )
            });
        ranks.flat_map(|rows| rows).to(out);
    }
);

impl TopTen {
    /// The first bid.
    pub fn of(bid: Offer) -> Self {
        Self(vec![bid])
    }

    /// One more.
    pub fn with(mut self, bid: Offer) -> Self {
        if self.0.len() < 10 || self.0.last().is_some_and(|last| bid.beats(last)) {
            let at = self.0.partition_point(|other| !bid.beats(other));
            self.0.truncate(9);
            self.0.insert(at, bid);
        }
        self
    }

    /// The ten highest of both.
    pub fn merge(self, other: Self) -> Self {
        other.0.into_iter().fold(self, Self::with)
    }

    /// Takes bids in, and tells the ranks that have another bid now.
    pub fn take(&mut self, bids: Self) -> Vec<(usize, Offer)> {
        let before = self.clone();
        *self = std::mem::take(self).merge(bids);
        let ranks = (1..).zip(self.0.iter().copied());
        let is_changed = |(rank, bid): &(usize, Offer)| before.0.get(rank - 1) != Some(bid);
        ranks.filter(is_changed).collect()
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut auctions: BTreeMap<usize, Vec<Offer>> = BTreeMap::new();
    for bid in bids(events) {
        auctions.entry(bid.auction).or_default().push(bid.into());
    }
    let mut rows = Vec::new();
    for (auction, mut bids) in auctions {
        bids.sort_by_key(|bid| std::cmp::Reverse(bid.rank()));
        for (rank, bid) in (1..=10).zip(bids) {
            rows.push(((auction, rank), bid));
        }
    }
    rows
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q19",
    title: "auction top ten",
    job: top_ten,
    answer: latest,
    reference,
};
