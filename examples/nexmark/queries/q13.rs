//! q13, bounded side input join: the bids, each with a text from a table that is there already.
//!
//! ```sql
//! SELECT B.auction, B.bidder, B.price, B.dateTime, S.value
//! FROM (SELECT *, PROCTIME() AS p_time FROM bid) B
//! JOIN side_input FOR SYSTEM_TIME AS OF B.p_time AS S ON MOD(B.auction, 10000) = S.key
//! ```

use stream_runtime::prelude::*;

use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

/// The bid, and the text.
type Row = (Bid, String);

stream!(
    /// The table is a broadcast: all threads look things up in the same one.
    pub fn side_input_join(
        events: Stream<&Event>,
        side: Broadcast<Vec<String>>,
        out: Sink<(&Bid, &str)>,
    ) {
        events
            .filter_map(bid)
            .filter_map(|bid| Some((bid, side.get(bid.auction % 10_000)?.as_str())))
            .to(out);
    }
);

/// The table of the suite: a text for each number below 10,000.
pub fn side_input() -> Vec<String> {
    (0..10_000).map(|key| format!("value of {key}")).collect()
}

fn reference(events: &[Event]) -> Vec<Row> {
    let side = side_input();
    let mut rows = Vec::new();
    for bid in bids(events) {
        if let Some(value) = side.get(bid.auction % 10_000) {
            rows.push((bid.clone(), value.clone()));
        }
    }
    rows
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q13",
    title: "bounded side input join",
    job: |events, out| side_input_join(events, side_input().into(), out),
    answer: in_order,
    reference,
};
