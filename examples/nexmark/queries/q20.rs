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
                    let known = known.get_or_insert(Known::default());
                    let (bids, lot) = known.meet(happening?)?;
                    Some(bids.map(move |bid| (auction, bid, lot)))
                });
        joined.flat_map(|rows| rows).to(out);
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

impl Known {
    /// The bids that find their auction, which is of category 10.
    #[inline(always)]
    pub fn meet(
        &mut self,
        happening: Happening,
    ) -> Option<(impl Iterator<Item = Offer> + use<>, Lot)> {
        let (bid, waiting, lot) = match (happening, &mut *self) {
            (Happening::Bid(bid), Self::Wanted(lot)) => (Some(bid), Vec::new(), *lot),
            (Happening::Bid(bid), Self::Awaited(bids)) => {
                bids.push(bid);
                return None;
            }
            (Happening::Bid(_), Self::Other) => return None,
            (Happening::Opening(lot), _) => (None, self.open(*lot), *lot),
        };
        Some((bid.into_iter().chain(waiting), lot))
    }

    /// The bids that waited for this, if it is wanted.
    fn open(&mut self, lot: Lot) -> Vec<Offer> {
        let is_wanted = lot.category == 10;
        let known = if is_wanted {
            Self::Wanted(lot)
        } else {
            Self::Other
        };
        match std::mem::replace(self, known) {
            Self::Awaited(bids) if is_wanted => bids,
            _ => Vec::new(),
        }
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
