//! Lines of CSV to structs, summed by key.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use stream_runtime::Text;
use stream_runtime::prelude::*;

use crate::data::{Rng, blocks_of_lines, lines_of, records};
use crate::source::repeat;
use crate::{Map, Times, Workload, item, run, timed, way};

/// A sale, as one line of CSV: `id,shop,cents`.
#[derive(Debug)]
pub struct Sale {
    shop: u32,
    cents: u64,
}

impl Sale {
    #[inline]
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(',');
        let _id: u64 = fields.next()?.parse().ok()?;
        Some(Self {
            shop: fields.next()?.parse().ok()?,
            cents: fields.next()?.parse().ok()?,
        })
    }
}

stream!(
    fn sales(lines: Stream<&str>, sum: Accumulator<Sum<u64>>) {
        lines
            .filter_map(Sale::parse)
            .map(|sale| (sale.shop, sale.cents))
            .reduce_by_key(|a, b| a + b)
            .map(|(shop, cents)| item(u64::from(shop), cents))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

fn lines() -> &'static [Arc<Text>] {
    static LINES: OnceLock<Vec<Arc<Text>>> = OnceLock::new();
    LINES.get_or_init(|| {
        let mut rng = Rng::new(0x6373_7600_0000_0000);
        blocks_of_lines(
            (0..records())
                .map(move |id| format!("{id},{},{}", rng.below(10_000), rng.below(100_000))),
        )
    })
}

fn pipeline(batches: u64, threads: usize) -> (u64, Times) {
    let sum = Accumulator::named("sum");
    let times = run(sales(repeat(lines(), batches), sum.clone()), threads);
    (sum.value(), times)
}

fn add(totals: &mut Map<u32, u64>, text: &Text) {
    for line in lines_of(text) {
        if let Some(sale) = Sale::parse(line) {
            *totals.entry(sale.shop).or_insert(0) += sale.cents;
        }
    }
}

fn checksum(totals: &Map<u32, u64>) -> u64 {
    totals.iter().fold(0, |sum, (shop, cents)| {
        sum.wrapping_add(item(u64::from(*shop), *cents))
    })
}

fn hand() -> u64 {
    let mut totals = Map::default();
    lines().iter().for_each(|block| add(&mut totals, block));
    checksum(&totals)
}

fn hand_rayon() -> u64 {
    let totals = lines().par_iter().fold(Map::default, |mut totals, block| {
        add(&mut totals, block);
        totals
    });
    let totals = totals.reduce(Map::default, |mut a, b| {
        b.into_iter()
            .for_each(|(shop, cents)| *a.entry(shop).or_insert(0) += cents);
        a
    });
    checksum(&totals)
}

/// The workload.
pub fn workload() -> Workload {
    let ways = vec![
        way("stream! 1", |batches| pipeline(batches, 1)),
        way("hand 1", |batches| timed(batches, hand)),
        way("stream! 2", |batches| pipeline(batches, 2)),
        way("hand rayon 2", |batches| timed(batches, hand_rayon)),
    ];
    Workload {
        name: "csv",
        records: records() as u64,
        ways,
    }
}
