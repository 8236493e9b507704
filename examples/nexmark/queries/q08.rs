//! q8, monitor new users: who has opened auctions in the ten seconds in which they registered?
//!
//! ```sql
//! SELECT P.id, P.name, A.reserve
//! FROM (SELECT id, name, window_start FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))) P
//! JOIN (SELECT seller, reserve, window_start FROM TABLE(TUMBLE(TABLE auction, …))) A
//! ON P.id = A.seller AND P.window_start = A.window_start
//! ```
//!
//! This is the first form of the query, with a row for each auction. The suite of today asks for each
//! person once.

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::event::{DISORDER, Event, at, auctions, persons, watermark};
use super::{Query, all};

/// Id and name of the person, and the reserve price of the auction.
pub type Row = (usize, String, usize);

stream!(
    /// Both sides of a person and a window are gathered in one value, and joined when it comes out.
    #[checkpoint]
    pub fn new_users(events: Stream<&Event>, out: Sink<(usize, String, usize)>) {
        let sides = events.filter(|event| !matches!(event, Event::Bid(_)));
        let timed = sides.event_time(|event| at(event.timestamp()), DISORDER);
        let users = timed.map(|event| (user(&event), event.map(Activity::from)));
        let (windows, _) = users.tumbling(10s, Activity::merge);
        windows.flat_map(|(id, user)| user.value.rows(id)).to(out);
    }
);

/// Whose doing it is.
pub fn user(event: &Event) -> usize {
    match event {
        Event::Person(person) => person.id,
        Event::Auction(auction) => auction.seller,
        Event::Bid(bid) => bid.bidder,
    }
}

/// What somebody has done in a window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Activity {
    /// The name, if they have registered.
    name: Option<String>,
    /// The reserve prices of their auctions.
    reserves: Vec<usize>,
}

impl From<&Event> for Activity {
    fn from(event: &Event) -> Self {
        match event {
            Event::Person(person) => Self {
                name: Some(person.name.clone()),
                reserves: Vec::new(),
            },
            Event::Auction(auction) => Self {
                name: None,
                reserves: vec![auction.reserve],
            },
            Event::Bid(_) => Self::default(),
        }
    }
}

impl Activity {
    /// Both together.
    pub fn merge(mut self, other: Self) -> Self {
        self.reserves.extend(other.reserves);
        self.name = self.name.or(other.name);
        self
    }

    /// A row for each auction of somebody who has registered.
    pub fn rows(self, id: usize) -> Vec<Row> {
        let Some(name) = self.name else {
            return Vec::new();
        };
        let reserves = self.reserves.into_iter();
        reserves
            .map(|reserve| (id, name.clone(), reserve))
            .collect()
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let times = events
        .iter()
        .filter(|event| !matches!(event, Event::Bid(_)));
    let end = watermark(times.map(Event::timestamp));
    let mut rows = Vec::new();
    for person in persons(events) {
        let start = person.date_time / 10_000 * 10_000;
        for auction in auctions(events).filter(|auction| auction.seller == person.id) {
            if auction.date_time / 10_000 * 10_000 == start && start + 10_000 <= end {
                rows.push((person.id, person.name.clone(), auction.reserve));
            }
        }
    }
    all(rows)
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q8",
    title: "monitor new users",
    job: new_users,
    answer: all,
    reference,
};
