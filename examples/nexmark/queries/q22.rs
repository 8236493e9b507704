//! q22, get URL directories: three pieces of each address.
//!
//! ```sql
//! SELECT auction, bidder, price, channel,
//!        SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2, SPLIT_INDEX(url, '/', 5) AS dir3
//! FROM bid
//! ```

use stream_runtime::prelude::*;

use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

/// The bid, and the directories; where there is none, no text.
type Row = (Bid, String, String, String);

stream!(
    /// No piece is copied.
    pub fn directories(events: Stream<&Event>, out: Sink<(&Bid, &str, &str, &str)>) {
        events.filter_map(bid).map(with_directories).to(out);
    }
);

/// The bid, and three pieces of its address.
#[inline(always)]
pub fn with_directories(bid: &Bid) -> (&Bid, &str, &str, &str) {
    let mut pieces = bid.url.split('/').skip(3);
    let mut next = || pieces.next().unwrap_or("");
    (bid, next(), next(), next())
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut rows = Vec::new();
    for bid in bids(events) {
        let pieces: Vec<String> = bid.url.split('/').map(str::to_owned).collect();
        let piece = |at: usize| pieces.get(at).cloned().unwrap_or_default();
        rows.push((bid.clone(), piece(3), piece(4), piece(5)));
    }
    rows
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q22",
    title: "get URL directories",
    job: directories,
    answer: in_order,
    reference,
};
