//! polars: a query for each batch, over columns that are there before the clock starts.
//!
//! A query is planned and optimized with the clock on, as a part of a batch's work; so is what becomes of
//! its result. It carries nothing from batch to batch.

use std::sync::LazyLock;

use polars::prelude::*;

use super::{THREADS, lines};
use crate::data::text;

/// A table that is made when it is first needed.
pub type Table = LazyLock<DataFrame>;

/// The lines of the text.
pub static LINES: Table = Table::new(|| {
    let lines: Vec<&str> = lines(text()).collect();
    Column::new("line".into(), lines).into_frame()
});

/// A table of numbers.
pub fn table<const N: usize>(columns: [(&str, Vec<u64>); N]) -> DataFrame {
    let columns = columns.map(|(name, numbers)| Column::new(name.into(), numbers));
    DataFrame::new_infer_height(columns.into()).expect("the columns are of one length")
}

/// A query over the table.
///
/// # Panics
///
/// If polars would not use [`THREADS`] threads.
pub fn query(table: &DataFrame) -> LazyFrame {
    assert_threads();
    table.clone().lazy()
}

/// The result of a query.
///
/// # Panics
///
/// If the query fails.
pub fn collect(query: LazyFrame) -> DataFrame {
    query.collect().unwrap_or_else(|error| panic!("{error}"))
}

/// The values of a column of numbers.
///
/// # Panics
///
/// If there is no such column.
pub fn numbers<'t>(table: &'t DataFrame, column: &str) -> impl Iterator<Item = u64> + 't {
    let column = table.column(column).and_then(Column::u64);
    column.expect("a column of numbers").into_no_null_iter()
}

/// The number that is the result of a query.
pub fn number(query: LazyFrame, column: &str) -> u64 {
    numbers(&collect(query), column)
        .next()
        .expect("the result has a row")
}

/// How many threads there are is said in the environment, before the first query.
fn assert_threads() {
    static OF_POLARS: LazyLock<usize> = LazyLock::new(|| {
        let said = std::env::var("POLARS_MAX_THREADS").ok();
        let there = || std::thread::available_parallelism().map_or(1, usize::from);
        said.and_then(|said| said.parse().ok())
            .unwrap_or_else(there)
    });
    assert_eq!(*OF_POLARS, THREADS, "set POLARS_MAX_THREADS={THREADS}");
}
