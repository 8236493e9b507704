//! q21, add channel id: the number of each channel, out of its name or else its address.
//!
//! ```sql
//! SELECT auction, bidder, price, channel,
//!        CASE WHEN LOWER(channel) = 'apple' THEN '0'
//!             WHEN LOWER(channel) = 'google' THEN '1'
//!             WHEN LOWER(channel) = 'facebook' THEN '2'
//!             WHEN LOWER(channel) = 'baidu' THEN '3'
//!             ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
//! FROM bid
//! WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL
//!    OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu')
//! ```

use stream_runtime::prelude::*;

use super::event::{Bid, Event, bid, bids};
use super::{Query, in_order};

/// The bid, and the number of its channel.
type Row = (Bid, String);

stream!(
    /// The number is not copied: it is a piece of the address.
    pub fn channel_ids(events: Stream<&Event>, out: Sink<(&Bid, &str)>) {
        events
            .filter_map(bid)
            .filter_map(|bid| Some((bid, channel_id(bid)?)))
            .to(out);
    }
);

const KNOWN: [(&str, &str); 4] = [
    ("apple", "0"),
    ("google", "1"),
    ("facebook", "2"),
    ("baidu", "3"),
];

/// The number, if there is one.
#[inline(always)]
pub fn channel_id(bid: &Bid) -> Option<&str> {
    let known = KNOWN
        .iter()
        .find(|(name, _)| bid.channel.eq_ignore_ascii_case(name));
    known.map(|(_, id)| *id).or_else(|| parameter(&bid.url))
}

/// What the regular expression finds.
#[inline(always)]
fn parameter(url: &str) -> Option<&str> {
    let mut parts = url.split('&');
    parts.find_map(|part| part.strip_prefix("channel_id="))
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut rows = Vec::new();
    for bid in bids(events) {
        let id = match bid.channel.to_lowercase().as_str() {
            "apple" => Some("0"),
            "google" => Some("1"),
            "facebook" => Some("2"),
            "baidu" => Some("3"),
            _ => bid.url.split("&channel_id=").nth(1),
        };
        rows.extend(id.map(|id| (bid.clone(), id.to_owned())));
    }
    rows
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q21",
    title: "add channel id",
    job: channel_ids,
    answer: in_order,
    reference,
};
