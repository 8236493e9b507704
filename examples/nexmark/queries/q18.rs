//! q18, last bid: the last one of each bidder for each auction.
//!
//! ```sql
//! SELECT auction, bidder, price, channel, url, dateTime, extra
//! FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC) AS rank_number FROM bid)
//! WHERE rank_number <= 1
//! ```
//!
//! Of several bids in the last millisecond it is the highest one.

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use super::event::{Event, Offer, bid, bids};
use super::{Query, latest};

/// Bidder and auction, and the bid.
type Row = ((usize, usize), Offer);

stream!(
    /// The state is the last bid, since a later batch may bring an earlier one.
    #[checkpoint]
    pub fn last_bids(events: Stream<&Event>, out: Sink<((usize, usize), Offer)>) {
        let last = events
            .filter_map(bid)
            .map(|bid| ((bid.bidder, bid.auction), Offer::from(bid)))
            .reduce_by_key(later)
            .map_with_state(|_, key, bid, last| {
                let bid = bid?;
                let bid = last.get_option().map_or(bid, |last| later(*last, bid));
                last.update(bid);
                Some((key, bid))
            });
        last.to(out);
    }
);

/// The later one of two bids.
#[inline(always)]
pub fn later(a: Offer, b: Offer) -> Offer {
    std::cmp::max_by_key(a, b, |bid| (bid.date_time, bid.price))
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut last: BTreeMap<(usize, usize), Offer> = BTreeMap::new();
    for bid in bids(events) {
        let (key, bid) = ((bid.bidder, bid.auction), Offer::from(bid));
        let is_last = |last: &Offer| (bid.date_time, bid.price) > (last.date_time, last.price);
        if last.get(&key).is_none_or(is_last) {
            last.insert(key, bid);
        }
    }
    last.into_iter().collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q18",
    title: "last bid",
    job: last_bids,
    answer: latest,
    reference,
};
