//! How many bids, bidders and auctions there are, by rank of the price: what q15 and q16 count.
//!
//! `COUNT(DISTINCT bidder) FILTER (WHERE price < 10000)` and its eleven siblings need to know who was
//! there before. There is a state for each bidder, with four bits: seen at all, and seen with a price
//! of each rank. When a bid sets new ones, that is what the counts change by.

use std::collections::BTreeSet;
use std::ops::Add;

use serde::{Deserialize, Serialize};
use stream_runtime::State;

use super::event::Bid;

/// How many there are at all, and with a price of each rank.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Tally(pub [u64; 4]);

/// What is counted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Statistics {
    /// All bids.
    pub bids: Tally,
    /// Those who bid, each once.
    pub bidders: Tally,
    /// What they bid for, each once.
    pub auctions: Tally,
}

/// The rank of a price: 1, 2 or 3.
#[inline(always)]
pub fn rank(price: usize) -> usize {
    1 + usize::from(price >= 10_000) + usize::from(price >= 1_000_000)
}

/// The bits of a bid: it is one, and it has a rank.
#[inline(always)]
pub fn bits(bid: &Bid) -> u8 {
    1 | 1 << rank(bid.price)
}

/// Those of the bits that are seen for the first time.
#[inline(always)]
pub fn unseen(bits: u8, seen: &mut State<'_, u8>) -> Option<Tally> {
    let before = seen.get_option().copied().unwrap_or(0);
    let new = bits & !before;
    (new != 0).then(|| {
        seen.update(before | new);
        Tally::one(new)
    })
}

impl Tally {
    /// One of each for which there is a bit.
    #[inline(always)]
    pub fn one(bits: u8) -> Self {
        Self([0, 1, 2, 3].map(|at| u64::from(bits >> at & 1)))
    }
}

impl Add for Tally {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self([0, 1, 2, 3].map(|at| self.0[at] + other.0[at]))
    }
}

impl Add for Statistics {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self {
            bids: self.bids + other.bids,
            bidders: self.bidders + other.bidders,
            auctions: self.auctions + other.auctions,
        }
    }
}

impl Statistics {
    /// A bid is counted.
    #[inline(always)]
    pub fn of_bids(bids: Tally) -> Self {
        Self {
            bids,
            ..Self::default()
        }
    }

    /// A bidder is counted.
    #[inline(always)]
    pub fn of_bidders(bidders: Tally) -> Self {
        Self {
            bidders,
            ..Self::default()
        }
    }

    /// An auction is counted.
    #[inline(always)]
    pub fn of_auctions(auctions: Tally) -> Self {
        Self {
            auctions,
            ..Self::default()
        }
    }
}

/// The statistics of some bids, as SQL says it: for the references.
pub fn naive(bids: &[&Bid]) -> Statistics {
    let with = |rank_wanted: usize| {
        let bids = bids
            .iter()
            .filter(move |bid| rank_wanted == 0 || rank(bid.price) == rank_wanted);
        bids.copied()
    };
    let distinct = |of: fn(&Bid) -> usize| {
        [0, 1, 2, 3].map(|rank| with(rank).map(of).collect::<BTreeSet<usize>>().len() as u64)
    };
    Statistics {
        bids: Tally([0, 1, 2, 3].map(|rank| with(rank).count() as u64)),
        bidders: Tally(distinct(|bid| bid.bidder)),
        auctions: Tally(distinct(|bid| bid.auction)),
    }
}
