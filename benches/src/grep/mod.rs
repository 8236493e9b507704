//! Grep: how many lines contain a word.

#[cfg(feature = "peers")]
mod dfir;
mod hand;
mod pipeline;
mod plain;
#[cfg(feature = "peers")]
mod polars;
#[cfg(feature = "peers")]
mod renoir;
#[cfg(feature = "peers")]
mod timely;

#[cfg(feature = "peers")]
use crate::contest::Way;
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
    #[cfg(feature = "peers")]
    let ways = [ways, peers()].concat();
    Workload {
        name: "grep",
        question: "how many lines of text contain a word",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

#[cfg(feature = "peers")]
fn peers() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, timely::run),
        way(Who::Renoir, 2, renoir::run),
        way(Who::Dfir, 1, dfir::run),
        way(Who::Polars, 2, polars::run),
    ]
}
