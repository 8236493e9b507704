//! Grep: how many lines contain a word.

mod hand;
mod pipeline;
mod plain;

use crate::contest::{Who, Workload, timed, way};
use crate::data::{records, vocabulary};

/// A word of at least six letters that is not frequent.
fn pattern() -> &'static str {
    vocabulary()[99..]
        .iter()
        .find(|word| word.len() >= 6)
        .expect("most words are long")
}

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
        name: "grep",
        question: "how many lines of text contain a word",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}
