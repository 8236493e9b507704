//! Map, filter, map, sum over numbers.

use rayon::prelude::*;
use stream_runtime::prelude::*;

use crate::data::{numbers, records};
use crate::source::repeat;
use crate::{Times, Workload, item, run, timed, way};

stream!(
    fn numeric(xs: Stream<u64>, sum: Accumulator<Sum<u64>>) {
        xs.map(|x| x.wrapping_mul(3).wrapping_add(1))
            .filter(|y| y & 3 != 0)
            .map(|y| (y ^ y >> 7) >> 8)
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|total, _| sum.add(item(0, total.sum())));
    }
);

fn pipeline(batches: u64, threads: usize) -> (u64, Times) {
    let sum = Accumulator::named("sum");
    let times = run(numeric(repeat(numbers(), batches), sum.clone()), threads);
    (sum.value(), times)
}

fn sum_of(rows: &[u64]) -> u64 {
    let mut sum = 0u64;
    for x in rows {
        let y = x.wrapping_mul(3).wrapping_add(1);
        if y & 3 != 0 {
            sum = sum.wrapping_add((y ^ y >> 7) >> 8);
        }
    }
    sum
}

fn hand() -> u64 {
    item(
        0,
        numbers()
            .iter()
            .fold(0, |sum, rows| sum.wrapping_add(sum_of(&rows.0))),
    )
}

fn hand_rayon() -> u64 {
    item(
        0,
        numbers()
            .par_iter()
            .map(|rows| sum_of(&rows.0))
            .reduce(|| 0, u64::wrapping_add),
    )
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
        name: "numeric",
        records: records() as u64,
        ways,
    }
}
