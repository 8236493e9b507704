//! q20, expand bid with auction: the bids for things of category 10, each with its auction.
//!
//! ```sql
//! SELECT auction, bidder, price, …, seller, category, A.dateTime, expires, …
//! FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id
//! WHERE A.category = 10
//! ```
//!
//! Of bids and auctions the numbers come out, since an auction is kept for ever. Of one of another
//! category there is only kept that it is.

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::bidding::{Happening, Lot, by_auction};
use super::event::{Event, Offer, auctions, bids};
use super::{Query, all};

/// The auction by its id, the bid, and the auction.
type Row = (usize, Offer, Lot);

stream!(
    /// An incremental join: bids wait for their auction, and then find it.
    #[checkpoint]
    pub fn expanded_bids(events: Stream<&Event>, out: Sink<(usize, Offer, Lot)>) {
        let joined =
            events
                .filter_map(by_auction)
                .map_with_state(|_, auction, happening, known| {
                    let (found, lot) = known.get_or_insert(Known::default()).meet(happening?)?;
                    Some((auction, found, lot))
                });
        joined
            .flat_map(|(auction, found, lot)| found.bids().map(move |bid| (auction, bid, lot)))
            .to(out);
    }
);

/// What is known about an auction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Known {
    /// Nothing yet but bids.
    Awaited(Vec<Offer>),
    /// It is of category 10.
    Wanted(Lot),
    /// It is of another category.
    Other,
}

impl Default for Known {
    fn default() -> Self {
        Self::Awaited(Vec::new())
    }
}

/// The bids that find their auction: one, or those that waited for it.
#[derive(Debug)]
pub enum Found {
    /// One that came after it.
    One(Offer),
    /// Those that came before it.
    Waiting(Vec<Offer>),
}

impl Known {
    /// The bids that find their auction, which is of category 10.
    #[inline]
    pub fn meet(&mut self, happening: Happening) -> Option<(Found, Lot)> {
        match (happening, &mut *self) {
            (Happening::Bid(bid), Self::Wanted(lot)) => Some((Found::One(bid), *lot)),
            (Happening::Bid(_), Self::Other) => None,
            (Happening::Bid(bid), Self::Awaited(bids)) => {
                bids.push(bid);
                None
            }
            (Happening::Opening(lot), _) => self.open(*lot),
        }
    }

    fn open(&mut self, lot: Lot) -> Option<(Found, Lot)> {
        let is_wanted = lot.category == 10;
        let known = if is_wanted {
            Self::Wanted(lot)
        } else {
            Self::Other
        };
        match std::mem::replace(self, known) {
            Self::Awaited(bids) if is_wanted => Some((Found::Waiting(bids), lot)),
            _ => None,
        }
    }
}

impl Found {
    /// The bids.
    pub fn bids(self) -> impl Iterator<Item = Offer> {
        let (one, waiting) = match self {
            Self::One(bid) => (Some(bid), Vec::new()),
            Self::Waiting(bids) => (None, bids),
        };
        waiting.into_iter().chain(one)
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut rows = Vec::new();
    for auction in auctions(events).filter(|auction| auction.category == 10) {
        for bid in bids(events).filter(|bid| bid.auction == auction.id) {
            rows.push((auction.id, Offer::from(bid), Lot::from(auction)));
        }
    }
    all(rows)
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q20",
    title: "expand bid with auction",
    job: expanded_bids,
    answer: all,
    reference,
};
