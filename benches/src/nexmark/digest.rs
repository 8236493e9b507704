//! What the rows of a query add to its answer.
//!
//! A pipeline hands the rows of a batch to its sink, and the loops by hand do the same: as vectors, one
//! for each thread. What is done with them is the same for all, [`answer`], and as cheap as can be: of
//! rows that refer to a bid, and come in the order of the events, only every 61st is looked into, since to
//! look at a bid once more costs as much as the query.

use std::io;

use stream_runtime::sink::BatchWriter;
use stream_runtime::{Accumulator, BatchTime, Family, Sum};

use super::queries::bidding::Lot;
use super::queries::event::{Bid, Offer};
use super::queries::q07::Best;
use super::queries::q17::Prices;
use super::queries::statistics::{Statistics, Tally};
use crate::answer::fnv1a;

/// A value that can be a part of an answer.
pub(super) trait Digest {
    /// A number that stands for it.
    fn digest(&self) -> u64;
}

/// Two numbers as one.
#[inline(always)]
fn with(a: u64, b: u64) -> u64 {
    (a.rotate_left(5) ^ b).wrapping_mul(0x517c_c1b7_2722_0a95)
}

impl Digest for usize {
    #[inline(always)]
    fn digest(&self) -> u64 {
        *self as u64
    }
}

impl Digest for u64 {
    #[inline(always)]
    fn digest(&self) -> u64 {
        *self
    }
}

impl Digest for &str {
    fn digest(&self) -> u64 {
        fnv1a(self.as_bytes())
    }
}

impl Digest for String {
    fn digest(&self) -> u64 {
        fnv1a(self.as_bytes())
    }
}

macro_rules! tuples {
    ($(($first:ident $($other:ident)*))+) => {$(
        impl<$first: Digest, $($other: Digest),*> Digest for ($first, $($other),*) {
            #[inline(always)]
            fn digest(&self) -> u64 {
                #[expect(non_snake_case, reason = "a value is named after its type")]
                let ($first, $($other),*) = self;
                let digest = $first.digest();
                $(let digest = with(digest, $other.digest());)*
                digest
            }
        }
    )+};
}

tuples!((A B) (A B C) (A B C D));

impl Digest for Offer {
    #[inline(always)]
    fn digest(&self) -> u64 {
        (self.price, self.date_time, self.bidder).digest()
    }
}

impl Digest for &Bid {
    #[inline(always)]
    fn digest(&self) -> u64 {
        (self.auction, Offer::from(*self), &*self.extra).digest()
    }
}

impl Digest for Lot {
    #[inline(always)]
    fn digest(&self) -> u64 {
        (self.reserve, self.expires, self.seller).digest()
    }
}

impl Digest for Best {
    fn digest(&self) -> u64 {
        (self.price, self.auction.0, self.bidder.0).digest()
    }
}

impl Digest for Tally {
    fn digest(&self) -> u64 {
        self.0.iter().fold(0, |digest, count| with(digest, *count))
    }
}

impl Digest for Statistics {
    fn digest(&self) -> u64 {
        with(
            self.bids.digest(),
            with(self.bidders.digest(), self.auctions.digest()),
        )
    }
}

impl Digest for Prices {
    #[inline(always)]
    fn digest(&self) -> u64 {
        with(self.bids.digest(), (self.min, self.max, self.sum).digest())
    }
}

/// The answer of a batch, of which every so-manieth row is looked into.
pub(super) fn answer<R: Digest>(partitions: &[Vec<R>], every: usize) -> u64 {
    let rows: usize = partitions.iter().map(Vec::len).sum();
    let looked_into = partitions.iter().flatten().step_by(every);
    looked_into.fold(rows as u64, |sum, row| sum.wrapping_add(row.digest()))
}

/// A sink that adds the answers of the batches up.
#[derive(Debug)]
pub(super) struct Digests {
    every: usize,
    sum: Accumulator<Sum<u64>>,
}

impl Digests {
    pub(super) fn new(every: usize, sum: Accumulator<Sum<u64>>) -> Self {
        Self { every, sum }
    }
}

impl<F: Family> BatchWriter<F> for Digests
where
    for<'b> F::Of<'b>: Digest,
{
    fn write(&mut self, _: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        self.sum.add(answer(partitions, self.every));
        Ok(())
    }
}
