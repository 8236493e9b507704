//! Join of two keyed streams, a million records each.

mod hand;
mod pipeline;
mod plain;
mod tuned;

use std::sync::{Arc, OnceLock};

use stream_runtime::Rows;

use crate::answer::item;
use crate::contest::{Who, Workload, timed, way};
use crate::data::{pairs, records};

type Pair = (u64, u64);
type Pairs = Vec<Arc<Rows<Pair>>>;

fn left() -> &'static Pairs {
    static LEFT: OnceLock<Pairs> = OnceLock::new();
    LEFT.get_or_init(|| pairs(0x6c65_6674_0000_0000))
}

fn right() -> &'static Pairs {
    static RIGHT: OnceLock<Pairs> = OnceLock::new();
    RIGHT.get_or_init(|| pairs(0x7269_6768_7400_0000))
}

/// What a pair of records comes to.
#[inline(always)]
fn joined(key: u64, left: u64, right: u64) -> u64 {
    item(key, left ^ right.rotate_left(32))
}

/// The workload; both sides count as records.
pub fn workload() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| pipeline::run(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::run(batches, 2)),
        way(Who::Hand, 1, |batches| timed(batches, hand::one_thread)),
        way(Who::Hand, 2, |batches| timed(batches, hand::rayon)),
        way(Who::Tuned, 1, |batches| timed(batches, tuned::one_thread)),
        way(Who::Tuned, 2, |batches| timed(batches, tuned::rayon)),
        way(Who::Std, 1, |batches| timed(batches, plain::batch)),
    ];
    Workload {
        name: "join",
        question: "the pairs of two streams with the same of a million keys",
        records: 2 * records() as u64,
        batches: u64::MAX,
        ways,
    }
}
