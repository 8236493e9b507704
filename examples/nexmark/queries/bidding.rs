//! Auctions with their bids: the join that q4, q6 and q9 begin with.
//!
//! A bid is *valid* if it is made while the auction is open, from its opening on and before it
//! expires, and meets the reserve price. The valid bid with the highest price wins, and of several
//! the earliest. (The SQL of the suite has dropped the reserve price, which the first description of
//! these queries has.)

use serde::{Deserialize, Serialize};

use super::event::{Auction, Event, Offer, bids};

/// What happens to an auction.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Happening {
    /// It opens.
    Opening(Lot),
    /// Somebody bids.
    Bid(Offer),
}

/// What happens to an auction in a batch: it is looked up once for all of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Happenings {
    /// The auction, if it opens; in a box, since there are so many bids for each, and each moves this.
    pub opening: Option<Box<Lot>>,
    /// The bids.
    pub bids: Vec<Offer>,
}

impl Happenings {
    /// The first one.
    #[inline(always)]
    pub fn of(happening: Happening) -> Self {
        Self::default().with(happening)
    }

    /// One more.
    #[inline(always)]
    pub fn with(mut self, happening: Happening) -> Self {
        match happening {
            Happening::Opening(lot) => self.opening = Some(Box::new(lot)),
            Happening::Bid(bid) => self.bids.push(bid),
        }
        self
    }

    /// All of both.
    pub fn merge(mut self, other: Self) -> Self {
        self.opening = self.opening.or(other.opening);
        self.bids.extend(other.bids);
        self
    }
}

/// The numbers of an auction.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Lot {
    /// The least price.
    pub reserve: usize,
    /// When it opens.
    pub date_time: u64,
    /// When it closes.
    pub expires: u64,
    /// Who sells.
    pub seller: usize,
    /// Of what kind it is.
    pub category: usize,
}

impl From<&Auction> for Lot {
    #[inline(always)]
    fn from(auction: &Auction) -> Self {
        Self {
            reserve: auction.reserve,
            date_time: auction.date_time,
            expires: auction.expires,
            seller: auction.seller,
            category: auction.category,
        }
    }
}

impl Lot {
    /// Whether the bid counts.
    #[inline(always)]
    pub fn takes(&self, bid: &Offer) -> bool {
        bid.price >= self.reserve && (self.date_time..self.expires).contains(&bid.date_time)
    }
}

/// What happens to which auction.
#[inline(always)]
pub fn by_auction(event: &Event) -> Option<(usize, Happening)> {
    match event {
        Event::Bid(bid) => Some((bid.auction, Happening::Bid(bid.into()))),
        Event::Auction(auction) => Some((auction.id, Happening::Opening((&**auction).into()))),
        Event::Person(_) => None,
    }
}

/// How the bidding stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Bidding {
    /// There are bids for an auction that is not there yet.
    Early(Vec<Offer>),
    /// The auction, and the bid that wins so far.
    Open(Lot, Option<Offer>),
}

impl Default for Bidding {
    fn default() -> Self {
        Self::Early(Vec::new())
    }
}

/// Another bid wins.
#[derive(Debug, Clone, Copy)]
pub struct Lead {
    /// In which auction.
    pub lot: Lot,
    /// The bid that won before.
    pub before: Option<Offer>,
    /// The bid that wins now.
    pub now: Offer,
}

impl Bidding {
    /// Takes in what happens in a batch, and says if another bid wins after it.
    pub fn take(&mut self, happenings: Happenings) -> Option<Lead> {
        match (happenings.opening, &mut *self) {
            (None, Self::Open(lot, best)) => lead(*lot, best, &happenings.bids),
            (None, Self::Early(early)) => {
                early.extend(happenings.bids);
                None
            }
            (Some(lot), _) => self.open(*lot, happenings.bids),
        }
    }

    fn open(&mut self, lot: Lot, mut bids: Vec<Offer>) -> Option<Lead> {
        if let Self::Early(early) = self {
            bids.append(early);
        }
        let mut best = None;
        let lead = lead(lot, &mut best, &bids);
        *self = Self::Open(lot, best);
        lead
    }
}

fn lead(lot: Lot, best: &mut Option<Offer>, bids: &[Offer]) -> Option<Lead> {
    let valid = bids.iter().filter(|bid| lot.takes(bid)).copied();
    let now = valid.max_by_key(Offer::rank)?;
    let wins = best.is_none_or(|best| now.beats(&best));
    wins.then(|| Lead {
        lot,
        before: best.replace(now),
        now,
    })
}

/// The bid that wins an auction: for the references.
pub fn winner(events: &[Event], auction: &Auction) -> Option<Offer> {
    let bids = bids(events).filter(|bid| bid.auction == auction.id);
    let valid = bids.map(Offer::from).filter(|bid| {
        bid.price >= auction.reserve
            && auction.date_time <= bid.date_time
            && bid.date_time < auction.expires
    });
    valid.max_by_key(Offer::rank)
}
