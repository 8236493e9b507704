//! Three stages and a sum in polars, which has no shifts: they are divisions by a power of two.

use polars::prelude::*;

use crate::answer::item;
use crate::contest::{Times, timed};
use crate::data;
use crate::peers::polars::{Table, number, query, table};
use crate::peers::rows;

static NUMBERS: Table = Table::new(|| table([("x", rows(data::numbers()).collect())]));

pub(super) fn run(batches: u64) -> (u64, Times) {
    timed(batches, || {
        let y = || col("y");
        let sum = query(&NUMBERS)
            .select([(col("x") * lit(3u64) + lit(1u64)).alias("y")])
            .filter(y().and(lit(3u64)).neq(lit(0u64)))
            .select([(y().xor(y() / lit(1u64 << 7)) / lit(1u64 << 8)).sum()]);
        item(0, number(sum, "y"))
    })
}
