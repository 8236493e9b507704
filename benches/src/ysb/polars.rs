//! The windows in polars: a query counts the views of a batch, and what is open is kept beside it.

use std::sync::LazyLock;

use polars::prelude::*;

use super::event::Kind;
use super::views::{Open, batch, events, watermark};
use super::{BATCHES, WINDOW, campaigns};
use crate::contest::{Times, timed};
use crate::peers::polars::{Table, collect, numbers, query, table};

static EVENTS: LazyLock<Vec<DataFrame>> = LazyLock::new(|| (0..BATCHES).map(columns).collect());

static CAMPAIGNS: Table = Table::new(|| {
    let (ads, campaigns) = campaigns().iter().unzip();
    table([("ad", ads), ("campaign", campaigns)])
});

fn columns(number: u64) -> DataFrame {
    let events = || events(batch(number));
    let mut columns = table([
        ("ad", events().map(|event| event.ad_id).collect()),
        ("time", events().map(|event| event.event_time).collect()),
    ]);
    let kinds: Vec<u8> = events().map(|event| event.event_type as u8).collect();
    columns
        .with_column(Column::new("kind".into(), kinds))
        .expect("as many kinds");
    columns
}

pub(super) fn run(batches: u64) -> (u64, Times) {
    let (mut open, mut batch) = (Open::default(), 0);
    timed(batches, || {
        let views = query(&EVENTS[batch as usize])
            .filter(col("kind").eq(lit(Kind::View as u8)))
            .inner_join(query(&CAMPAIGNS), col("ad"), col("ad"))
            .with_column((col("time") - col("time") % lit(WINDOW)).alias("start"))
            .group_by([col("campaign"), col("start")])
            .agg([len().cast(DataType::UInt64).alias("views")]);
        let views = collect(views);
        let keys = numbers(&views, "campaign").zip(numbers(&views, "start"));
        keys.zip(numbers(&views, "views"))
            .for_each(|(view, views)| open.add(view, views));
        batch += 1;
        open.ended(watermark(batch - 1))
    })
}
