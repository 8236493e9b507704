//! By hand.

use std::sync::Arc;

use stream_runtime::{Rows, Text};

use super::{Sale, lines, structs};
use crate::answer::{item, sum};
use crate::by_hand::{Map, merged};
use crate::data::lines_of;

type Totals = Map<u32, u64>;

fn parsed(blocks: &[Arc<Text>]) -> Totals {
    let mut totals = Map::default();
    for line in blocks.iter().flat_map(|block| lines_of(block)) {
        if let Some(sale) = Sale::parse(line) {
            *totals.entry(sale.shop).or_insert(0) += sale.cents;
        }
    }
    totals
}

fn given(blocks: &[Arc<Rows<Sale>>]) -> Totals {
    let mut totals = Map::default();
    for block in blocks {
        for sale in &block.0 {
            *totals.entry(sale.shop).or_insert(0) += sale.cents;
        }
    }
    totals
}

fn answer(totals: &Totals) -> u64 {
    let totals = totals.iter();
    sum(totals.map(|(shop, cents)| item(u64::from(*shop), *cents)))
}

pub(super) fn text_on_one_thread() -> u64 {
    answer(&parsed(lines()))
}

pub(super) fn text_on_rayon() -> u64 {
    merged(lines(), parsed, |a, b| a + b, answer)
}

pub(super) fn structs_on_one_thread() -> u64 {
    answer(&given(structs()))
}

pub(super) fn structs_on_rayon() -> u64 {
    merged(structs(), given, |a, b| a + b, answer)
}
