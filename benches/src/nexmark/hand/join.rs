//! Joins that remember: each event goes to the state of its key, in order. On one thread it goes there at
//! once; two threads sort the events of their halves by parts of the keys first.

use super::{Hand, in_halves, in_parts, part_of};
use crate::by_hand::Map;
use crate::nexmark::Blocks;
use crate::nexmark::digest::Digest;
use crate::nexmark::queries::bidding::{Bidding, Happening, Lead, Lot, by_auction};
use crate::nexmark::queries::event::{Event, Offer};
use crate::nexmark::queries::q03::{self, Seller, Side, side};
use crate::nexmark::queries::q06::{LastTen, Sale};
use crate::nexmark::queries::q20::Known;

/// How the events of a key change its state.
pub(in crate::nexmark) trait ByKey: Default + Send {
    /// What of an event matters.
    type Entry: Send;
    /// What comes out.
    type Row: Send;

    fn entry(event: &'static Event) -> Option<(usize, Self::Entry)>;

    fn take(&mut self, key: usize, entry: Self::Entry, rows: &mut Vec<Self::Row>);

    /// What comes out after the events of a batch.
    fn end(&mut self, _rows: &mut Vec<Self::Row>) {}
}

/// The states of all keys, in two parts, of which one thread uses the first.
#[derive(Default)]
pub(in crate::nexmark) struct Parts<S>([S; 2]);

impl<S: ByKey> Parts<S> {
    pub(super) fn rows(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<S::Row>> {
        if threads == 1 {
            let mut rows = Vec::new();
            for_each_entry::<S>(blocks, |key, entry| self.0[0].take(key, entry, &mut rows));
            self.0[0].end(&mut rows);
            return vec![rows];
        }
        let halves = in_halves(blocks, threads, sorted::<S>).into_iter();
        let [mut first, mut second] = [Vec::new(), Vec::new()];
        for [a, b] in halves {
            first.push(a);
            second.push(b);
        }
        in_parts(&mut self.0, vec![first, second], |states, entries| {
            let mut rows = Vec::new();
            for (key, entry) in entries.into_iter().flatten() {
                states.take(key, entry, &mut rows);
            }
            states.end(&mut rows);
            rows
        })
    }

    pub(super) fn both(&mut self) -> &mut [S; 2] {
        &mut self.0
    }
}

#[inline(always)]
fn for_each_entry<S: ByKey>(blocks: &'static Blocks, mut f: impl FnMut(usize, S::Entry)) {
    for block in blocks {
        for event in &block.0 {
            if let Some((key, entry)) = S::entry(event) {
                f(key, entry);
            }
        }
    }
}

/// Keys with what matters of their events.
type Entries<S> = Vec<(usize, <S as ByKey>::Entry)>;

fn sorted<S: ByKey>(blocks: &'static Blocks) -> [Entries<S>; 2] {
    let mut parts = [Vec::new(), Vec::new()];
    for_each_entry::<S>(blocks, |key, entry| parts[part_of(&key)].push((key, entry)));
    parts
}

impl<S: ByKey<Row: Digest>> Hand for Parts<S> {
    type Row = S::Row;

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<S::Row>> {
        self.rows(blocks, threads)
    }
}

/// q3.
#[derive(Default)]
pub(in crate::nexmark) struct Sellers(Map<usize, Seller>);

impl ByKey for Sellers {
    type Entry = Side<'static>;
    type Row = q03::Row;

    #[inline(always)]
    fn entry(event: &'static Event) -> Option<(usize, Side<'static>)> {
        side(event)
    }

    #[inline(always)]
    fn take(&mut self, seller: usize, side: Side<'static>, rows: &mut Vec<q03::Row>) {
        rows.extend(self.0.entry(seller).or_default().meet(side));
    }
}

/// What q4, q6 and q9 make of a bid that wins.
pub(in crate::nexmark) trait OfLead: Default + Send {
    type Row: Send;

    fn note(&mut self, auction: usize, lead: &Lead, rows: &mut Vec<Self::Row>);

    fn end(&mut self, _rows: &mut Vec<Self::Row>) {}
}

/// The auctions of q4, q6 and q9.
#[derive(Default)]
pub(in crate::nexmark) struct Auctions<L>(Map<usize, Bidding>, L);

impl<L: OfLead> ByKey for Auctions<L> {
    type Entry = Happening;
    type Row = L::Row;

    #[inline(always)]
    fn entry(event: &'static Event) -> Option<(usize, Happening)> {
        by_auction(event)
    }

    #[inline(always)]
    fn take(&mut self, auction: usize, happening: Happening, rows: &mut Vec<L::Row>) {
        let bidding = self.0.entry(auction).or_default();
        let lead = bidding.take(happening);
        if let Some(lead) = lead {
            self.1.note(auction, &lead, rows);
        }
    }

    fn end(&mut self, rows: &mut Vec<L::Row>) {
        self.1.end(rows);
    }
}

/// q9: the auctions, whenever another bid wins.
#[derive(Default)]
pub(in crate::nexmark) struct Winning;

impl OfLead for Winning {
    type Row = (usize, (Lot, Offer));

    #[inline(always)]
    fn note(&mut self, auction: usize, lead: &Lead, rows: &mut Vec<Self::Row>) {
        rows.push((auction, (lead.lot, lead.now)));
    }
}

/// By category, by how much the sum of prices changes, and their number.
#[derive(Default)]
pub(in crate::nexmark) struct Changes;

impl OfLead for Changes {
    type Row = (usize, (usize, usize));

    #[inline(always)]
    fn note(&mut self, _: usize, lead: &Lead, rows: &mut Vec<Self::Row>) {
        let change = match lead.before {
            Some(before) => (lead.now.price - before.price, 0),
            None => (lead.now.price, 1),
        };
        rows.push((lead.lot.category, change));
    }
}

/// q4.
#[derive(Default)]
pub(in crate::nexmark) struct Averages {
    auctions: Parts<Auctions<Changes>>,
    totals: Map<usize, (usize, usize)>,
}

impl Hand for Averages {
    type Row = (usize, (usize, usize));

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        let mut changed: Map<usize, (usize, usize)> = Map::default();
        for (category, (sum, count)) in self.auctions.rows(blocks, threads).concat() {
            let total = self.totals.entry(category).or_default();
            *total = (total.0 + sum, total.1 + count);
            changed.insert(category, *total);
        }
        vec![changed.into_iter().collect()]
    }
}

/// By seller, what an auction of theirs would end with.
#[derive(Default)]
pub(in crate::nexmark) struct Sales;

impl OfLead for Sales {
    type Row = (usize, Sale);

    #[inline(always)]
    fn note(&mut self, auction: usize, lead: &Lead, rows: &mut Vec<Self::Row>) {
        rows.push((lead.lot.seller, Sale::new(auction, lead)));
    }
}

/// q6.
#[derive(Default)]
pub(in crate::nexmark) struct SellerPrices {
    auctions: Parts<Auctions<Sales>>,
    last: Map<usize, LastTen>,
}

impl Hand for SellerPrices {
    type Row = (usize, usize);

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        let mut changed: Map<usize, ()> = Map::default();
        for (seller, sale) in self.auctions.rows(blocks, threads).concat() {
            let last = self.last.entry(seller).or_default();
            *last = std::mem::take(last).with(sale);
            changed.insert(seller, ());
        }
        let averages = changed
            .into_keys()
            .map(|seller| (seller, self.last[&seller].average()));
        vec![averages.collect()]
    }
}

/// q20.
#[derive(Default)]
pub(in crate::nexmark) struct Wanted(Map<usize, Known>);

impl ByKey for Wanted {
    type Entry = Happening;
    type Row = (usize, Offer, Lot);

    #[inline(always)]
    fn entry(event: &'static Event) -> Option<(usize, Happening)> {
        by_auction(event)
    }

    #[inline(always)]
    fn take(&mut self, auction: usize, happening: Happening, rows: &mut Vec<Self::Row>) {
        let known = self.0.entry(auction).or_default();
        match (happening, &mut *known) {
            (Happening::Bid(bid), Known::Wanted(lot)) => rows.push((auction, bid, *lot)),
            (Happening::Bid(_), Known::Other) => {}
            (Happening::Bid(bid), Known::Awaited(bids)) => bids.push(bid),
            (opening, _) => {
                let met = known.meet(opening).into_iter();
                rows.extend(met.flat_map(|(bids, lot)| bids.map(move |bid| (auction, bid, lot))));
            }
        }
    }
}
