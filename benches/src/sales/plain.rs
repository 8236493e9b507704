//! As most people would write it.

use std::collections::HashMap;

use super::{Sale, lines, structs};
use crate::answer::{item, sum};

fn answer(sales: impl Iterator<Item = Sale>) -> u64 {
    let mut totals: HashMap<u32, u64> = HashMap::new();
    for sale in sales {
        *totals.entry(sale.shop).or_insert(0) += sale.cents;
    }
    let totals = totals.iter();
    sum(totals.map(|(shop, cents)| item(u64::from(*shop), *cents)))
}

pub(super) fn of_text() -> u64 {
    let lines = lines().iter().flat_map(|text| text.as_str().lines());
    answer(lines.filter_map(Sale::parse))
}

pub(super) fn of_structs() -> u64 {
    answer(structs().iter().flat_map(|rows| rows.0.iter().copied()))
}
