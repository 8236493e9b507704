//! The counts in polars.

use polars::prelude::*;

use super::{Keys, distinct, skewed};
use crate::answer::{item, sum};
use crate::contest::{Times, timed};
use crate::peers::polars::{Table, collect, numbers, query, table};
use crate::peers::rows;

pub(super) static SKEWED: Table = Table::new(|| keys(skewed()));
pub(super) static DISTINCT: Table = Table::new(|| keys(distinct()));

fn keys(keys: Keys) -> DataFrame {
    table([("key", rows(keys).collect())])
}

pub(super) fn run(keys: &'static Table, batches: u64) -> (u64, Times) {
    timed(batches, || {
        let counts = query(keys)
            .group_by([col("key")])
            .agg([len().cast(DataType::UInt64).alias("count")]);
        let counts = collect(counts);
        let counts = numbers(&counts, "key").zip(numbers(&counts, "count"));
        sum(counts.map(|(key, count)| item(key, count)))
    })
}
