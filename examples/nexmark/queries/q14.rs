//! q14, calculation: a price in euros, the time of the day, and a function of one's own.
//!
//! ```sql
//! SELECT auction, bidder, 0.908 * price AS price,
//!        CASE WHEN HOUR(dateTime) >= 8 AND HOUR(dateTime) <= 18 THEN 'dayTime'
//!             WHEN HOUR(dateTime) <= 6 OR HOUR(dateTime) >= 20 THEN 'nightTime'
//!             ELSE 'otherTime' END AS bidTimeType,
//!        dateTime, extra, count_char(extra, 'c') AS c_counts
//! FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000
//! ```

use stream_runtime::prelude::*;

use super::calendar::hour;
use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

/// The bid, its price in euros, the time of the day, and how many `c` are in its text.
type Row = (Bid, usize, String, usize);

stream!(
    /// The function of one's own is a function.
    pub fn calculation(events: Stream<&Event>, out: Sink<(&Bid, usize, &str, usize)>) {
        events
            .filter_map(bid)
            .filter(|bid| (1_000_000_001..50_000_000_000).contains(&(bid.price * 908)))
            .map(|bid| {
                (
                    bid,
                    bid.price * 908 / 1_000,
                    time_type(bid),
                    count_c(&bid.extra),
                )
            })
            .to(out);
    }
);

/// The time of the day.
#[inline(always)]
pub fn time_type(bid: &Bid) -> &'static str {
    match hour(bid.date_time) {
        8..=18 => "dayTime",
        0..=6 | 20.. => "nightTime",
        _ => "otherTime",
    }
}

/// The function that SQL does not have.
#[inline(always)]
pub fn count_c(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'c').count()
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut rows = Vec::new();
    for bid in bids(events) {
        let price = 0.908 * bid.price as f64;
        if price > 1_000_000.0 && price < 50_000_000.0 {
            let c_counts = bid.extra.chars().filter(|char| *char == 'c').count();
            rows.push((
                bid.clone(),
                price as usize,
                time_type(bid).to_owned(),
                c_counts,
            ));
        }
    }
    rows
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q14",
    title: "calculation",
    job: calculation,
    answer: in_order,
    reference,
};
