//! The word count in polars.

use polars::prelude::*;

use crate::answer::{fnv1a, item, sum};
use crate::contest::{Times, timed};
use crate::peers::polars::{LINES, collect, numbers, query};

pub(super) fn run(batches: u64) -> (u64, Times) {
    timed(batches, || {
        let words = col("line").str().split(lit(" "));
        let counts = query(&LINES)
            .select([words.explode(WITHOUT_NULLS).alias("word")])
            .group_by([col("word")])
            .agg([len().cast(DataType::UInt64).alias("count")]);
        checksum(&collect(counts))
    })
}

const WITHOUT_NULLS: ExplodeOptions = ExplodeOptions {
    empty_as_null: false,
    keep_nulls: false,
};

fn checksum(counts: &DataFrame) -> u64 {
    let words = counts.column("word").and_then(Column::str);
    let words = words.expect("a column of words").iter().flatten();
    let counts = words.zip(numbers(counts, "count"));
    sum(counts.map(|(word, count)| item(fnv1a(word.as_bytes()), count)))
}
