//! q5, hot items: which auction has had the most bids in the last ten seconds? Every two seconds.
//!
//! ```sql
//! SELECT AuctionBids.auction, AuctionBids.num
//! FROM (SELECT auction, COUNT(*) AS num, window_start, window_end
//!       FROM TABLE(HOP(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
//!       GROUP BY auction, window_start, window_end) AuctionBids
//! JOIN (SELECT MAX(num) AS maxn, window_start, window_end FROM … GROUP BY window_start, window_end) MaxBids
//! ON AuctionBids.window_start = MaxBids.window_start AND AuctionBids.num >= MaxBids.maxn
//! ```
//!
//! Of several auctions with as many bids the smallest is put out, not all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use super::event::{DISORDER, Event, bid, bids, time, watermark};
use super::{Query, all};

/// The start of the window in milliseconds, the number of bids, and the auction.
type Row = (u64, u64, usize);

stream!(
    /// All windows with the same end come out in the same batch, so their greatest one is found there.
    #[checkpoint]
    pub fn hot_items(events: Stream<&Event>, out: Sink<(u64, u64, usize)>) {
        let bids = events.filter_map(bid).event_time(time, DISORDER);
        let ones = bids.map(|bid| (bid.auction, bid.map(|_| 1u64)));
        let (windows, _) = ones.sliding(10s, 2s, |a, b| a + b);
        windows
            .map(|(auction, count)| (count.start.as_millis(), (count.value, Reverse(auction))))
            .reduce_by_key(Ord::max)
            .map(|(start, (count, Reverse(auction)))| (start, count, auction))
            .to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    let mut windows: BTreeMap<u64, BTreeMap<usize, u64>> = BTreeMap::new();
    for bid in bids(events) {
        let last = bid.date_time / 2_000 * 2_000;
        for start in [0, 2_000, 4_000, 6_000, 8_000].map(|back| last - back) {
            *windows
                .entry(start)
                .or_default()
                .entry(bid.auction)
                .or_default() += 1;
        }
    }
    let end = watermark(bids(events).map(|bid| bid.date_time));
    let ended = windows.iter().filter(|(start, _)| *start + 10_000 <= end);
    let hottest = ended.flat_map(|(start, counts)| {
        let hottest = counts
            .iter()
            .max_by_key(|(auction, count)| (**count, Reverse(**auction)));
        hottest.map(|(auction, count)| (*start, *count, *auction))
    });
    hottest.collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q5",
    title: "hot items",
    job: hot_items,
    answer: all,
    reference,
};
