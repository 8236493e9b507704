//! Distinct counts, of q15 and q16: each thread finds the distinct bidders and auctions of its half; then
//! one looks up which of the bidders are new, and the other one which of the auctions are.

use super::{Hand, for_each_bid, in_halves};
use crate::by_hand::Map;
use crate::nexmark::Blocks;
use crate::nexmark::digest::Digest;
use crate::nexmark::queries::calendar::{Day, Minute, day, minute};
use crate::nexmark::queries::event::Bid;
use crate::nexmark::queries::statistics::{Statistics, Tally, bits};

/// How bids are grouped beside by their day, and what a row looks like.
pub(in crate::nexmark) trait Grouped: Default {
    /// The row of a group.
    type Row: Digest;

    /// The name of the group, which gets a number.
    fn name(bid: &Bid) -> &str;

    fn row(name: &str, day: Day, minute: Minute, statistics: Statistics) -> Self::Row;
}

/// The number of a name, and a day.
type Group = (u32, u32);

/// The bits of each bidder, or of each auction.
type Seen = Map<(Group, usize), u8>;

/// What a thread finds out about its half of a batch.
#[derive(Default)]
struct Half {
    numbers: Map<&'static str, u32>,
    names: Vec<&'static str>,
    bids: Map<Group, (Tally, u64)>,
    bidders: Seen,
    auctions: Seen,
}

impl Half {
    fn of<G: Grouped>(blocks: &'static Blocks) -> Self {
        let mut half = Self::default();
        for_each_bid(blocks, |bid| half.see(G::name(bid), bid));
        half
    }

    #[inline(always)]
    fn see(&mut self, name: &'static str, bid: &Bid) {
        let number = *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u32 - 1
        });
        let (group, bits) = ((number, day(bid.date_time) as u32), bits(bid));
        let (bids, last) = self.bids.entry(group).or_default();
        *bids = *bids + Tally::one(bits);
        *last = (*last).max(minute(bid.date_time));
        *self.bidders.entry((group, bid.bidder)).or_insert(0) |= bits;
        *self.auctions.entry((group, bid.auction)).or_insert(0) |= bits;
    }
}

/// Who was seen, and what they count to.
#[derive(Default)]
struct Distinct {
    seen: Seen,
    counts: Map<Group, Tally>,
}

impl Distinct {
    /// Takes in a half, whose names have these numbers.
    fn take(&mut self, half: Seen, numbers: &[u32]) {
        for (((number, day), id), bits) in half {
            let group = (numbers[number as usize], day);
            let seen = self.seen.entry((group, id)).or_insert(0);
            let new = bits & !*seen;
            if new != 0 {
                *seen |= new;
                let count = self.counts.entry(group).or_default();
                *count = *count + Tally::one(new);
            }
        }
    }
}

/// Such a query, with what it remembers.
#[derive(Default)]
pub(in crate::nexmark) struct Counts<G> {
    numbers: Map<String, u32>,
    names: Vec<String>,
    bids: Map<Group, (Tally, u64)>,
    bidders: Distinct,
    auctions: Distinct,
    grouped: std::marker::PhantomData<G>,
}

impl<G: Grouped> Hand for Counts<G> {
    type Row = G::Row;

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<G::Row>> {
        let halves = in_halves(blocks, threads, Half::of::<G>);
        let mut changed = Map::default();
        let (mut bidders, mut auctions) = (Vec::new(), Vec::new());
        for half in halves {
            let numbers: Vec<u32> = half.names.iter().map(|name| self.number(name)).collect();
            self.count(half.bids, &numbers, &mut changed);
            bidders.push((half.bidders, numbers.clone()));
            auctions.push((half.auctions, numbers));
        }
        let take = |distinct: &mut Distinct, halves: Vec<(Seen, Vec<u32>)>| {
            halves
                .into_iter()
                .for_each(|(half, numbers)| distinct.take(half, &numbers));
        };
        let (of_bidders, of_auctions) = (&mut self.bidders, &mut self.auctions);
        if threads == 1 {
            take(of_bidders, bidders);
            take(of_auctions, auctions);
        } else {
            rayon::join(|| take(of_bidders, bidders), || take(of_auctions, auctions));
        }
        vec![changed.into_keys().map(|group| self.row(group)).collect()]
    }
}

impl<G: Grouped> Counts<G> {
    fn number(&mut self, name: &str) -> u32 {
        *self.numbers.entry_ref(name).or_insert_with(|| {
            self.names.push(name.to_owned());
            self.names.len() as u32 - 1
        })
    }

    fn count(
        &mut self,
        half: Map<Group, (Tally, u64)>,
        numbers: &[u32],
        changed: &mut Map<Group, ()>,
    ) {
        for ((number, day), (bids, minute)) in half {
            let group = (numbers[number as usize], day);
            let (total, last) = self.bids.entry(group).or_default();
            *total = *total + bids;
            *last = minute.max(*last);
            changed.insert(group, ());
        }
    }

    fn row(&self, group: Group) -> G::Row {
        let (bids, minute) = self.bids[&group];
        let statistics = Statistics {
            bids,
            bidders: self.bidders.counts[&group],
            auctions: self.auctions.counts[&group],
        };
        let name = &self.names[group.0 as usize];
        G::row(name, Day(u64::from(group.1)), Minute(minute), statistics)
    }
}

/// q15.
#[derive(Default)]
pub(in crate::nexmark) struct ByDay;

impl Grouped for ByDay {
    type Row = (String, Statistics);

    #[inline(always)]
    fn name(_: &Bid) -> &str {
        ""
    }

    fn row(_: &str, day: Day, _: Minute, statistics: Statistics) -> Self::Row {
        (day.to_string(), statistics)
    }
}

/// q16.
#[derive(Default)]
pub(in crate::nexmark) struct ByChannel;

impl Grouped for ByChannel {
    type Row = ((String, String), (String, Statistics));

    #[inline(always)]
    fn name(bid: &Bid) -> &str {
        &bid.channel
    }

    fn row(name: &str, day: Day, minute: Minute, statistics: Statistics) -> Self::Row {
        (
            (name.to_owned(), day.to_string()),
            (minute.to_string(), statistics),
        )
    }
}
