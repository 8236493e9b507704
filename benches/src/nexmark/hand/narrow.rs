//! Queries that look at one bid at a time: a loop that fills a vector.

use std::sync::LazyLock;

use super::{Hand, for_each_bid, in_halves};
use crate::nexmark::Blocks;
use crate::nexmark::digest::Digest;
use crate::nexmark::queries::calendar::minute;
use crate::nexmark::queries::event::Bid;
use crate::nexmark::queries::q13::side_input;
use crate::nexmark::queries::q14::{count_c, time_type};
use crate::nexmark::queries::q21::channel_id;
use crate::nexmark::queries::q22::with_directories;

/// What a query makes of a bid.
pub(in crate::nexmark) trait Each: Default + Sync {
    type Row: Digest + Send;

    fn row(&self, bid: &'static Bid) -> Option<Self::Row>;
}

/// Such a query.
#[derive(Default)]
pub(in crate::nexmark) struct Narrow<E>(E);

impl<E: Each> Hand for Narrow<E> {
    type Row = E::Row;

    fn batch(&mut self, blocks: &'static Blocks, threads: usize) -> Vec<Vec<E::Row>> {
        let each = &self.0;
        in_halves(blocks, threads, |blocks| {
            let mut rows = Vec::with_capacity(blocks.iter().map(|block| block.0.len()).sum());
            for_each_bid(blocks, |bid| {
                if let Some(row) = each.row(bid) {
                    rows.push(row);
                }
            });
            rows
        })
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct PassThrough;

impl Each for PassThrough {
    type Row = &'static Bid;

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<&'static Bid> {
        Some(bid)
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct Currency;

impl Each for Currency {
    type Row = (usize, &'static Bid);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        Some((bid.price * 908 / 1_000, bid))
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct Selection;

impl Each for Selection {
    type Row = (usize, usize);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        bid.auction
            .is_multiple_of(123)
            .then_some((bid.auction, bid.price))
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct Log;

impl Each for Log {
    type Row = (u64, &'static Bid);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        Some((minute(bid.date_time), bid))
    }
}

pub(in crate::nexmark) struct SideInput(&'static [String]);

impl Default for SideInput {
    fn default() -> Self {
        static TABLE: LazyLock<Vec<String>> = LazyLock::new(side_input);
        Self(&TABLE)
    }
}

impl Each for SideInput {
    type Row = (&'static Bid, &'static str);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        Some((bid, self.0.get(bid.auction % 10_000)?.as_str()))
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct Calculation;

impl Each for Calculation {
    type Row = (&'static Bid, usize, &'static str, usize);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        let price = bid.price * 908;
        let is_wanted = (1_000_000_001..50_000_000_000).contains(&price);
        is_wanted.then(|| (bid, price / 1_000, time_type(bid), count_c(&bid.extra)))
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct ChannelIds;

impl Each for ChannelIds {
    type Row = (&'static Bid, &'static str);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        Some((bid, channel_id(bid)?))
    }
}

#[derive(Default)]
pub(in crate::nexmark) struct Directories;

impl Each for Directories {
    type Row = (&'static Bid, &'static str, &'static str, &'static str);

    #[inline(always)]
    fn row(&self, bid: &'static Bid) -> Option<Self::Row> {
        Some(with_directories(bid))
    }
}
