//! q7, highest bid: of every ten seconds.
//!
//! ```sql
//! SELECT B.auction, B.price, B.bidder, B.dateTime, B.extra
//! FROM bid B
//! JOIN (SELECT MAX(price) AS maxprice, window_end AS dateTime
//!       FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
//!       GROUP BY window_start, window_end) B1
//! ON B.price = B1.maxprice AND B.dateTime BETWEEN B1.dateTime - INTERVAL '10' SECOND AND B1.dateTime
//! ```
//!
//! Of several bids with that price the one for the smallest auction is put out, and of these the one
//! of the smallest bidder.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::event::{Bid, DISORDER, Event, bid, bids, time, watermark};
use super::{Query, all};

/// The start of the window in milliseconds, and the bid: price, auction, bidder.
type Row = (u64, Best);

/// The greatest one is the highest bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Best {
    /// In cents.
    pub price: usize,
    /// For what.
    pub auction: Reverse<usize>,
    /// Who made it.
    pub bidder: Reverse<usize>,
}

impl From<&Bid> for Best {
    #[inline(always)]
    fn from(bid: &Bid) -> Self {
        Self {
            price: bid.price,
            auction: Reverse(bid.auction),
            bidder: Reverse(bid.bidder),
        }
    }
}

stream!(
    /// There is one key, so all bids would meet in one partition. They do not: the highest of a window is
    /// found where they are, and only these meet.
    #[checkpoint]
    pub fn highest_bid(events: Stream<&Event>, out: Sink<(u64, Best)>) {
        let bids = events.filter_map(bid).event_time(time, DISORDER);
        let best = bids.map(|bid| ((), bid.map(Best::from)));
        let (highest, _) = best.tumbling(10s, Ord::max);
        highest
            .map(|((), best)| (best.start.as_millis(), best.value))
            .to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    let mut windows: BTreeMap<u64, Vec<&Bid>> = BTreeMap::new();
    for bid in bids(events) {
        let start = bid.date_time / 10_000 * 10_000;
        windows.entry(start).or_default().push(bid);
    }
    let end = watermark(bids(events).map(|bid| bid.date_time));
    windows.retain(|start, _| start + 10_000 <= end);
    let best = |bids: Vec<&Bid>| bids.into_iter().map(Best::from).max();
    let highest = windows
        .into_iter()
        .map(|(start, bids)| Some((start, best(bids)?)));
    highest.flatten().collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q7",
    title: "highest bid",
    job: highest_bid,
    answer: all,
    reference,
};
