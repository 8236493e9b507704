//! Running counts: a state for each of a million keys, or of ten million, that is there already.

use std::sync::{Arc, OnceLock};

use stream_runtime::Rows;
use stream_runtime::prelude::*;

use crate::data::{Rng, blocks_of_rows, key64, records};
use crate::source::repeat;
use crate::{Map, Times, Workload, item, run, way};

stream!(
    #[checkpoint]
    fn running(keys: Stream<u64>, there: u64, sum: Accumulator<Sum<u64>>) {
        keys.map(|key| (key, 1u64))
            .map_with_state(
                |_, key, one, count| {
                    let count = count.get_or_insert(0u64);
                    *count += one.unwrap_or(0);
                    Some(item(key, *count))
                },
                StateSpec::new().initial((0..there).map(|key| (key64(key), 0))),
            )
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

const MILLION: u64 = 1_000_000;

/// A batch of keys, each with the same chance.
fn keys(there: u64) -> &'static [Arc<Rows<u64>>] {
    static KEYS: [OnceLock<Vec<Arc<Rows<u64>>>>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[usize::from(there > MILLION)].get_or_init(|| {
        let mut rng = Rng::new(11);
        let keys: Vec<u64> = (0..records()).map(|_| key64(rng.below(there))).collect();
        blocks_of_rows(&keys)
    })
}

fn pipeline(batches: u64, there: u64) -> (u64, Times) {
    let sum = Accumulator::named("checksum");
    let times = run(running(repeat(keys(there), batches), there, sum.clone()), 1);
    (sum.value(), times)
}

/// A map from keys to counts, as an expert would keep it between batches.
fn hand(batches: u64, there: u64) -> (u64, Times) {
    let mut counts: Map<u64, u64> = (0..there).map(|key| (key64(key), 0)).collect();
    let mut checksum = 0u64;
    let times = (0..batches).map(|_| {
        let started = std::time::Instant::now();
        for key in keys(there).iter().flat_map(|rows| &rows.0) {
            let count = counts.entry(*key).or_insert(0);
            *count += 1;
            checksum = checksum.wrapping_add(item(*key, *count));
        }
        started.elapsed()
    });
    let times = times.collect();
    (checksum, times)
}

/// The workload with a million keys.
pub fn workload() -> Workload {
    Workload {
        name: "running_1m",
        records: records() as u64,
        ways: vec![
            way("stream! 1", |batches| pipeline(batches, MILLION)),
            way("hand 1", |batches| hand(batches, MILLION)),
        ],
    }
}

/// The workload with ten million keys.
pub fn workload_of_ten_million() -> Workload {
    Workload {
        name: "running_10m",
        records: records() as u64,
        ways: vec![
            way("stream! 1", |batches| pipeline(batches, 10 * MILLION)),
            way("hand 1", |batches| hand(batches, 10 * MILLION)),
        ],
    }
}
