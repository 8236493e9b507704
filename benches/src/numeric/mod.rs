//! Map, filter, map, sum over numbers.

mod hand;
mod pipeline;
mod plain;

use crate::contest::{Who, Workload, timed, way};
use crate::data::records;

/// The workload.
pub fn workload() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| pipeline::run(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::run(batches, 2)),
        way(Who::Hand, 1, |batches| timed(batches, hand::one_thread)),
        way(Who::Hand, 2, |batches| timed(batches, hand::rayon)),
        way(Who::Std, 1, |batches| timed(batches, plain::batch)),
    ];
    Workload {
        name: "numeric",
        question: "map, filter, map and sum of numbers",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}
