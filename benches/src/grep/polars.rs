//! The search in polars.

use polars::prelude::*;

use super::pattern;
use crate::answer::item;
use crate::contest::{Times, timed};
use crate::peers::polars::{LINES, number, query};

pub(super) fn run(batches: u64) -> (u64, Times) {
    timed(batches, || {
        let found = query(&LINES)
            .filter(col("line").str().contains_literal(lit(pattern())))
            .select([len().cast(DataType::UInt64).alias("count")]);
        item(0, number(found, "count"))
    })
}
