//! q3, local item suggestion: who in Oregon, Idaho or California sells something of category 10?
//!
//! ```sql
//! SELECT P.name, P.city, P.state, A.id
//! FROM auction AS A INNER JOIN person AS P ON A.seller = P.id
//! WHERE A.category = 10 AND P.state IN ('OR', 'ID', 'CA')
//! ```
//!
//! The join has no window, so a person is kept for ever, and an auction until its seller is known. Of
//! persons elsewhere there is only kept that they are: then their auctions need not wait.

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

use super::event::{Event, auctions, persons};
use super::{Query, all};

/// Name, city and state of the seller, and the auction.
pub type Row = (String, String, String, usize);

stream!(
    /// An incremental join: whichever side comes first waits for the other one.
    #[checkpoint]
    pub fn local_items(events: Stream<&Event>, out: Sink<(String, String, String, usize)>) {
        let sellers = events
            .filter_map(side)
            .map_with_state(|_, _, side, seller| {
                Some(seller.get_or_insert(Seller::default()).meet(side?))
            });
        sellers.flat_map(|rows| rows).to(out);
    }
);

/// One side of the join, by the person.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Side<'a> {
    /// Somebody who may sell something: name, city, state.
    Person(&'a str, &'a str, &'a str),
    /// An auction of category 10.
    Auction(usize),
}

/// What the join looks at, by the person whom it concerns.
#[inline(always)]
pub fn side(event: &Event) -> Option<(usize, Side<'_>)> {
    match event {
        Event::Person(it) => Some((it.id, Side::Person(&it.name, &it.city, &it.state))),
        Event::Auction(it) if it.category == 10 => Some((it.seller, Side::Auction(it.id))),
        _ => None,
    }
}

/// What is known about a seller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Seller {
    /// Nothing yet but auctions.
    Awaited(Vec<usize>),
    /// Name, city and state.
    Local(String, String, String),
    /// From another state.
    Elsewhere,
}

impl Default for Seller {
    fn default() -> Self {
        Self::Awaited(Vec::new())
    }
}

impl Seller {
    fn new(name: &str, city: &str, state: &str) -> Self {
        match state {
            "or" | "id" | "ca" => Self::Local(name.into(), city.into(), state.into()),
            _ => Self::Elsewhere,
        }
    }

    /// The rows that become known with this side.
    pub fn meet(&mut self, side: Side<'_>) -> Vec<Row> {
        match (side, &mut *self) {
            (Side::Auction(id), Self::Awaited(ids)) => {
                ids.push(id);
                Vec::new()
            }
            (Side::Auction(id), _) => self.rows(&[id]),
            (Side::Person(name, city, state), _) => {
                match std::mem::replace(self, Self::new(name, city, state)) {
                    Self::Awaited(ids) => self.rows(&ids),
                    _ => Vec::new(),
                }
            }
        }
    }

    fn rows(&self, ids: &[usize]) -> Vec<Row> {
        match self {
            Self::Local(name, city, state) => ids
                .iter()
                .map(|id| (name.clone(), city.clone(), state.clone(), *id))
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn reference(events: &[Event]) -> Vec<Row> {
    let mut rows = Vec::new();
    for auction in auctions(events).filter(|auction| auction.category == 10) {
        for it in persons(events).filter(|person| person.id == auction.seller) {
            if ["or", "id", "ca"].contains(&it.state.as_str()) {
                let (name, city) = (it.name.clone(), it.city.clone());
                rows.push((name, city, it.state.clone(), auction.id));
            }
        }
    }
    all(rows)
}

/// The query.
pub const QUERY: Query<Row> = Query {
    name: "q3",
    title: "local item suggestion",
    job: local_items,
    answer: all,
    reference,
};
