//! q12, processing time windows: how many bids does somebody make in every ten seconds of the clock?
//!
//! ```sql
//! SELECT bidder, COUNT(*) AS bid_count, window_start, window_end
//! FROM TABLE(TUMBLE(TABLE (SELECT *, PROCTIME() AS p_time FROM bid), DESCRIPTOR(p_time), INTERVAL '10' SECOND))
//! GROUP BY bidder, window_start, window_end
//! ```
//!
//! Processing time is the time of the batches: a window ends with the batch in which it comes out,
//! whose time the sink is told. Which bids are in a window depends on when they come. But each is in
//! one, so the windows of a bidder add up to the same, and that is what is compared.

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use super::Query;
use super::event::{Event, bid, bids};

/// The bidder, and the number of bids.
type Row = (usize, u64);

stream!(
    /// A window over batches. It waits for no straggler.
    #[checkpoint]
    pub fn windows_of_the_clock(events: Stream<&Event>, out: Sink<(usize, u64)>) {
        events
            .filter_map(bid)
            .map(|bid| (bid.bidder, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, 10s, 10s)
            .to(out);
    }
);

/// All windows of each bidder together.
fn added_up(rows: Vec<Row>) -> Vec<Row> {
    let mut totals = BTreeMap::new();
    for (bidder, count) in rows {
        *totals.entry(bidder).or_default() += count;
    }
    totals.into_iter().collect()
}

fn reference(events: &[Event]) -> Vec<Row> {
    added_up(bids(events).map(|bid| (bid.bidder, 1)).collect())
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q12",
    title: "processing time windows",
    job: windows_of_the_clock,
    answer: added_up,
    reference,
};
