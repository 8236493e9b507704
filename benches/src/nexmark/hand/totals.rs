//! Totals by key: the bids of a batch are added up in a table, and the table to what is remembered.

use std::hash::Hash;

use super::{Hand, in_parts, put, tables};
use crate::by_hand::Map;
use crate::nexmark::Blocks;
use crate::nexmark::digest::Digest;
use crate::nexmark::queries::calendar::day;
use crate::nexmark::queries::event::{Bid, Offer};
use crate::nexmark::queries::q17::Prices;
use crate::nexmark::queries::q18::later;
use crate::nexmark::queries::q19::TopTen;

/// What is added up, and what comes out of it.
pub(in crate::nexmark) trait Total: Default + Send {
    type Key: Hash + Eq + Copy + Send;
    type Value: Send;
    type Row: Digest + Send;

    /// Adds a bid to the table of its batch.
    fn insert(table: &mut Map<Self::Key, Self::Value>, bid: &'static Bid);

    /// Adds the bids of the other thread.
    fn add(total: &mut Self::Value, value: Self::Value);

    /// The rows of a key that had no total before.
    fn first(key: Self::Key, value: &Self::Value, rows: &mut Vec<Self::Row>);

    /// Adds the bids of a batch to the total.
    fn more(key: Self::Key, total: &mut Self::Value, value: Self::Value, rows: &mut Vec<Self::Row>);
}

/// The totals of all keys, in two parts.
pub(in crate::nexmark) struct Totals<T: Total>([Map<T::Key, T::Value>; 2]);

impl<T: Total> Default for Totals<T> {
    fn default() -> Self {
        Self([Map::default(), Map::default()])
    }
}

impl<T: Total> Hand for Totals<T> {
    type Row = T::Row;

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<T::Row>> {
        let tables = tables(blocks, threads, T::insert, T::add);
        in_parts(&mut self.0, tables, merge::<T>)
    }
}

fn merge<T: Total>(
    totals: &mut Map<T::Key, T::Value>,
    table: Map<T::Key, T::Value>,
) -> Vec<T::Row> {
    let mut rows = Vec::with_capacity(table.len());
    for (key, value) in table {
        match totals.entry(key) {
            hashbrown::hash_map::Entry::Occupied(mut total) => {
                T::more(key, total.get_mut(), value, &mut rows);
            }
            hashbrown::hash_map::Entry::Vacant(place) => {
                T::first(key, place.insert(value), &mut rows);
            }
        }
    }
    rows
}

/// q17.
#[derive(Default)]
pub(in crate::nexmark) struct PricesByAuction;

impl Total for PricesByAuction {
    type Key = (usize, u64);
    type Value = Prices;
    type Row = (Self::Key, Prices);

    #[inline(always)]
    fn insert(table: &mut Map<Self::Key, Prices>, bid: &'static Bid) {
        let key = (bid.auction, day(bid.date_time));
        put(table, (key, Prices::of(bid)), Self::add);
    }

    #[inline(always)]
    fn add(total: &mut Prices, prices: Prices) {
        *total = total.with(prices);
    }

    #[inline(always)]
    fn first(key: Self::Key, prices: &Prices, rows: &mut Vec<Self::Row>) {
        rows.push((key, *prices));
    }

    #[inline(always)]
    fn more(key: Self::Key, total: &mut Prices, prices: Prices, rows: &mut Vec<Self::Row>) {
        Self::add(total, prices);
        rows.push((key, *total));
    }
}

/// q18.
#[derive(Default)]
pub(in crate::nexmark) struct LastByBidder;

impl Total for LastByBidder {
    type Key = (usize, usize);
    type Value = Offer;
    type Row = (Self::Key, Offer);

    #[inline(always)]
    fn insert(table: &mut Map<Self::Key, Offer>, bid: &'static Bid) {
        put(table, ((bid.bidder, bid.auction), bid.into()), Self::add);
    }

    #[inline(always)]
    fn add(last: &mut Offer, bid: Offer) {
        *last = later(*last, bid);
    }

    #[inline(always)]
    fn first(key: Self::Key, bid: &Offer, rows: &mut Vec<Self::Row>) {
        rows.push((key, *bid));
    }

    #[inline(always)]
    fn more(key: Self::Key, last: &mut Offer, bid: Offer, rows: &mut Vec<Self::Row>) {
        Self::add(last, bid);
        rows.push((key, *last));
    }
}

/// q19.
#[derive(Default)]
pub(in crate::nexmark) struct HighestByAuction;

impl Total for HighestByAuction {
    type Key = usize;
    type Value = TopTen;
    type Row = ((usize, usize), Offer);

    #[inline(always)]
    fn insert(table: &mut Map<usize, TopTen>, bid: &'static Bid) {
        let highest = table.entry(bid.auction).or_default();
        *highest = std::mem::take(highest).with(bid.into());
    }

    #[inline(always)]
    fn add(highest: &mut TopTen, bids: TopTen) {
        *highest = std::mem::take(highest).merge(bids);
    }

    fn first(auction: usize, bids: &TopTen, rows: &mut Vec<Self::Row>) {
        let ranks = TopTen::default().take(bids.clone());
        rows.extend(ranks.into_iter().map(|(rank, bid)| ((auction, rank), bid)));
    }

    fn more(auction: usize, highest: &mut TopTen, bids: TopTen, rows: &mut Vec<Self::Row>) {
        let ranks = highest.take(bids);
        rows.extend(ranks.into_iter().map(|(rank, bid)| ((auction, rank), bid)));
    }
}

/// q12: a window of the clock is two batches.
#[derive(Default)]
pub(in crate::nexmark) struct ClockWindows {
    counts: [Map<usize, u64>; 2],
    batches: usize,
}

impl Hand for ClockWindows {
    type Row = (usize, u64);

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<Self::Row>> {
        let add = |total: &mut u64, count| *total += count;
        let insert = |table: &mut Map<usize, u64>, bid: &Bid| put(table, (bid.bidder, 1), add);
        let tables = tables(blocks, threads, insert, add);
        self.batches += 1;
        let is_full = self.batches.is_multiple_of(2);
        in_parts(&mut self.counts, tables, |counts, table| {
            table.into_iter().for_each(|pair| put(counts, pair, add));
            let window = is_full.then(|| counts.drain().collect());
            window.unwrap_or_default()
        })
    }
}
