//! q11, user sessions: how many bids does somebody make without a pause of ten seconds?
//!
//! ```sql
//! SELECT B.bidder, COUNT(*) AS bid_count,
//!        SESSION_START(B.dateTime, INTERVAL '10' SECOND) AS starttime,
//!        SESSION_END(B.dateTime, INTERVAL '10' SECOND) AS endtime
//! FROM bid B GROUP BY B.bidder, SESSION(B.dateTime, INTERVAL '10' SECOND)
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use stream_runtime::prelude::*;

use super::event::{DISORDER, Event, bid, bids, time, watermark};
use super::{Query, all};

/// The bidder, the number of bids, and from when to when, in milliseconds.
type Row = (usize, u64, (u64, u64));

const GAP: Duration = Duration::from_secs(10);

stream!(
    /// Bids of somebody within the same ten seconds are less than ten seconds apart, so they are in the
    /// same session, and the first and the last of them decide where it begins and ends. These two are
    /// what goes into the sessions: the first with the number of all, the last with none.
    #[checkpoint]
    pub fn user_sessions(events: Stream<&Event>, out: Sink<(usize, u64, (u64, u64))>) {
        let bids = events.filter_map(bid).event_time(time, DISORDER);
        let spans = bids
            .map(|bid| {
                (
                    (bid.bidder, bid.time.floor(GAP)),
                    (bid.time, bid.time, 1u64),
                )
            })
            .reduce_by_key(|a, b| (a.0.min(b.0), a.1.max(b.1), a.2 + b.2))
            .flat_map(|((bidder, _), (first, last, bids))| {
                let ends = [(first, bids), (last, 0)];
                ends.map(|(time, record)| (bidder, Timed { time, record }))
            });
        let (sessions, _) = spans.session(GAP, |a, b| a + b);
        sessions
            .map(|(bidder, it)| {
                let span = (it.start.as_millis(), it.end.as_millis());
                (bidder, it.value, span)
            })
            .to(out);
    }
);

fn reference(events: &[Event]) -> Vec<Row> {
    let mut bidders: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for bid in bids(events) {
        bidders.entry(bid.bidder).or_default().push(bid.date_time);
    }
    let mut sessions = Vec::new();
    for (bidder, mut times) in bidders {
        times.sort();
        for session in times.chunk_by(|a, b| b - a < 10_000) {
            let (first, last) = (session[0], session[session.len() - 1]);
            sessions.push((bidder, session.len() as u64, (first, last + 10_000)));
        }
    }
    let passed = watermark(bids(events).map(|bid| bid.date_time));
    sessions.retain(|(_, _, (_, end))| *end <= passed);
    all(sessions)
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q11",
    title: "user sessions",
    job: user_sessions,
    answer: all,
    reference,
};
