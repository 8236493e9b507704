//! Auctions with their bids: the join that q4, q6 and q9 begin with.
//!
//! A bid is *valid* if it is made while the auction is open, from its opening on and before it
//! expires, and meets the reserve price. The valid bid with the highest price wins, and of several
//! the earliest. (The SQL of the suite has dropped the reserve price, which the first description of
//! these queries has.)

use serde::{Deserialize, Serialize};

use super::event::{Auction, Event, Offer, bids};

/// What happens to an auction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Happening {
    /// It opens. In a box, since there are so many bids for each, which would be as large.
    Opening(Box<Lot>),
    /// Somebody bids.
    Bid(Offer),
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
        Event::Auction(auction) => Some((
            auction.id,
            Happening::Opening(Box::new((&**auction).into())),
        )),
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
    /// Takes in what happens, and says if another bid wins after it.
    #[inline(always)]
    pub fn take(&mut self, happening: Happening) -> Option<Lead> {
        match (happening, &mut *self) {
            (Happening::Bid(bid), Self::Open(lot, best)) => lead(lot, best, bid),
            (Happening::Bid(bid), Self::Early(early)) => {
                early.push(bid);
                None
            }
            (Happening::Opening(lot), _) => self.open(*lot),
        }
    }

    fn open(&mut self, lot: Lot) -> Option<Lead> {
        let early = match std::mem::replace(self, Self::Open(lot, None)) {
            Self::Early(early) => early,
            Self::Open(..) => Vec::new(),
        };
        let best = early
            .into_iter()
            .max_by_key(|bid| (lot.takes(bid), bid.rank()))?;
        self.take(Happening::Bid(best))
    }
}

#[inline(always)]
fn lead(lot: &Lot, best: &mut Option<Offer>, bid: Offer) -> Option<Lead> {
    let wins = best.is_none_or(|best| bid.beats(&best)) && lot.takes(&bid);
    wins.then(|| Lead {
        lot: *lot,
        before: best.replace(bid),
        now: bid,
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
