//! q16, channel statistics: the same as q15, for each channel of each day, and its last minute.
//!
//! ```sql
//! SELECT channel, DATE_FORMAT(dateTime, 'yyyy-MM-dd') AS day, MAX(DATE_FORMAT(dateTime, 'HH:mm')) AS minute,
//!        COUNT(*) AS total_bids, … and all other columns of q15 …
//! FROM bid GROUP BY channel, DATE_FORMAT(dateTime, 'yyyy-MM-dd')
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::calendar::{Day, Minute, day, minute};
use super::event::{Bid, Event, bid, bids};
use super::statistics::{Statistics, Tally, bits, naive, unseen};
use super::{Query, latest};

/// Channel and day; the minute, and what is counted.
type Row = ((String, String), (String, Statistics));

stream!(
    /// As in q15, with keys that borrow the name of the channel from the bid: it is copied once for each
    /// of them. A bidder hardly bids twice through the same channel in a batch, so here it does not pay to
    /// bring the bids of a batch together first; what is new is, before the streams come together.
    #[checkpoint]
    pub fn channel_statistics(
        events: Stream<&Event>,
        out: Sink<((&str, String), (String, Statistics))>,
    ) {
        let bids = events.filter_map(bid);
        let all = bids
            .map(|bid| (channel(bid), (minute(bid.date_time), Tally::one(bits(bid)))))
            .reduce_by_key(|a, b| (a.0.max(b.0), a.1 + b.1));
        let bidders = bids
            .map(|bid| ((channel(bid), bid.bidder), bits(bid)))
            .map_with_state(|_, (channel, _), bits, seen| Some((channel, unseen(bits?, seen)?)))
            .reduce_by_key(|a, b| a + b);
        let auctions = bids
            .map(|bid| ((channel(bid), bid.auction), bits(bid)))
            .map_with_state(|_, (channel, _), bits, seen| Some((channel, unseen(bits?, seen)?)))
            .reduce_by_key(|a, b| a + b);
        let changes = all.map_values(Change::of_bids).union(
            bidders.map_values(|bidders| Change::of(Statistics::of_bidders(bidders))),
            auctions.map_values(|auctions| Change::of(Statistics::of_auctions(auctions))),
        );
        let totals = changes.reduce_by_key(Change::add).map_with_state(
            |_, (channel, day), change, total| {
                let total = total.get_or_insert(Change::default());
                *total = total.add(change?);
                let minute = Minute(total.minute).to_string();
                Some(((channel, Day(day).to_string()), (minute, total.statistics)))
            },
        );
        totals.to(out);
    }
);

/// The channel of a bid, on its day.
#[inline(always)]
pub fn channel(bid: &Bid) -> (&str, u64) {
    (&bid.channel, day(bid.date_time))
}

/// What a channel has more, and until when.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Change {
    minute: u64,
    statistics: Statistics,
}

impl Change {
    #[inline(always)]
    fn of(statistics: Statistics) -> Self {
        Self {
            minute: 0,
            statistics,
        }
    }

    #[inline(always)]
    fn of_bids((minute, bids): (u64, Tally)) -> Self {
        Self {
            minute,
            statistics: Statistics::of_bids(bids),
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self {
            minute: self.minute.max(other.minute),
            statistics: self.statistics + other.statistics,
        }
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut channels: BTreeMap<(String, String), Vec<&Bid>> = BTreeMap::new();
    for bid in bids(events) {
        let day = Day(day(bid.date_time)).to_string();
        channels
            .entry((bid.channel.clone(), day))
            .or_default()
            .push(bid);
    }
    let statistics = |(channel, bids): (_, Vec<&Bid>)| {
        let minutes = bids
            .iter()
            .map(|bid| Minute(minute(bid.date_time)).to_string());
        (channel, (minutes.max().unwrap_or_default(), naive(&bids)))
    };
    channels.into_iter().map(statistics).collect()
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q16",
    title: "channel statistics",
    job: channel_statistics,
    answer: latest,
    reference,
};
