//! The join in polars.

use polars::prelude::*;

use super::{Pairs, joined, left, right};
use crate::answer::sum;
use crate::contest::{Times, timed};
use crate::peers::polars::{Table, collect, numbers, query, table};
use crate::peers::rows;

static LEFT: Table = Table::new(|| pairs(left(), "l"));
static RIGHT: Table = Table::new(|| pairs(right(), "r"));

fn pairs(pairs: &'static Pairs, value: &str) -> DataFrame {
    let (keys, values) = rows(pairs).unzip();
    table([("key", keys), (value, values)])
}

pub(super) fn run(batches: u64) -> (u64, Times) {
    timed(batches, || {
        let pairs = query(&LEFT).inner_join(query(&RIGHT), col("key"), col("key"));
        let pairs = collect(pairs);
        let values = numbers(&pairs, "l").zip(numbers(&pairs, "r"));
        let pairs = numbers(&pairs, "key").zip(values);
        sum(pairs.map(|(key, (l, r))| joined(key, l, r)))
    })
}
