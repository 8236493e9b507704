//! How events come in: the generator of the suite, and the few things that all queries do with them.

use std::cmp::Reverse;
use std::time::Duration;

use nexmark::EventGenerator;
use nexmark::config::NexmarkConfig;
use nexmark::event::Event as Generated;
pub use nexmark::event::{Auction, Bid, Person};
use serde::{Deserialize, Serialize};
use stream_runtime::BatchTime;

/// When the first event happens, in milliseconds: an evening in November 2023.
pub const BASE_TIME: u64 = 1_700_000_000_000;

/// By how much events may be out of order: `WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND`.
pub const DISORDER: Duration = Duration::from_secs(4);

/// What happens in the auction house. Of fifty events 46 are bids, so the others, which are larger, do
/// not decide how large an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody registers.
    Person(Box<Person>),
    /// Somebody opens an auction.
    Auction(Box<Auction>),
    /// Somebody bids.
    Bid(Bid),
}

impl From<Generated> for Event {
    fn from(event: Generated) -> Self {
        match event {
            Generated::Person(person) => Self::Person(Box::new(person)),
            Generated::Auction(auction) => Self::Auction(Box::new(auction)),
            Generated::Bid(bid) => Self::Bid(bid),
        }
    }
}

impl Event {
    /// When it happens, in milliseconds.
    pub fn timestamp(&self) -> u64 {
        match self {
            Self::Person(person) => person.date_time,
            Self::Auction(auction) => auction.date_time,
            Self::Bid(bid) => bid.date_time,
        }
    }
}

/// The events of the suite without end, so many of them in a second of event time. It has 10,000 by
/// default; with fewer, small numbers of events fill windows, too.
pub fn generate(events_per_second: usize) -> impl Iterator<Item = Event> {
    let events = EventGenerator::new(NexmarkConfig {
        base_time: BASE_TIME,
        first_rate: events_per_second,
        next_rate: events_per_second,
        ..NexmarkConfig::default()
    });
    events.map(Event::from)
}

/// The bid, if the event is one.
#[inline(always)]
pub fn bid(event: &Event) -> Option<&Bid> {
    match event {
        Event::Bid(bid) => Some(bid),
        _ => None,
    }
}

/// A time that stands in an event, in milliseconds.
#[inline(always)]
pub fn at(date_time: u64) -> BatchTime {
    BatchTime::from_millis(date_time)
}

/// When a bid was made.
#[inline(always)]
pub fn time(bid: &&Bid) -> BatchTime {
    at(bid.date_time)
}

/// The numbers of a bid for an auction. It is what the queries keep of a bid from batch to batch: its
/// texts, which none of them looks at again, are six times as long.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Offer {
    /// In cents.
    pub price: usize,
    /// In milliseconds.
    pub date_time: u64,
    /// Who made it.
    pub bidder: usize,
}

impl From<&Bid> for Offer {
    #[inline(always)]
    fn from(bid: &Bid) -> Self {
        Self {
            price: bid.price,
            date_time: bid.date_time,
            bidder: bid.bidder,
        }
    }
}

impl Offer {
    /// Whether this bid wins against the other one: by its price, and of equal ones the earlier wins.
    #[inline(always)]
    pub fn beats(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    /// The winning bid has the greatest one.
    #[inline(always)]
    pub fn rank(&self) -> (usize, Reverse<u64>, Reverse<usize>) {
        (self.price, Reverse(self.date_time), Reverse(self.bidder))
    }
}

/// The bids among the events: for the references.
pub fn bids(events: &[Event]) -> impl Iterator<Item = &Bid> {
    events.iter().filter_map(bid)
}

/// The auctions among the events.
pub fn auctions(events: &[Event]) -> impl Iterator<Item = &Auction> {
    events.iter().filter_map(|event| match event {
        Event::Auction(auction) => Some(&**auction),
        _ => None,
    })
}

/// The persons among the events.
pub fn persons(events: &[Event]) -> impl Iterator<Item = &Person> {
    events.iter().filter_map(|event| match event {
        Event::Person(person) => Some(&**person),
        _ => None,
    })
}

/// The time of the last event, less the disorder: windows that end until then have come out, and more
/// events would put out more of them.
pub fn watermark(times: impl Iterator<Item = u64>) -> u64 {
    times.max().unwrap_or(0) - DISORDER.as_millis() as u64
}
