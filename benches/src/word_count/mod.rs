//! Word count per batch.

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
mod tuned;

#[cfg(feature = "peers")]
use crate::contest::Way;
use crate::contest::{Who, Workload, timed, way};
use crate::data::records;

/// The workload.
pub fn workload() -> Workload {
    let ways = vec![
        way(Who::Stream, 1, |batches| pipeline::run(batches, 1)),
        way(Who::Stream, 2, |batches| pipeline::run(batches, 2)),
        way(Who::Hand, 1, |batches| timed(batches, hand::one_thread)),
        way(Who::Hand, 2, |batches| timed(batches, hand::rayon)),
        way(Who::Tuned, 1, tuned::one_thread),
        way(Who::Tuned, 2, tuned::rayon),
        way(Who::Std, 1, |batches| timed(batches, plain::batch)),
    ];
    #[cfg(feature = "peers")]
    let ways = [ways, peers()].concat();
    Workload {
        name: "word_count",
        question: "how often each word comes in a batch of lines",
        records: records() as u64,
        batches: u64::MAX,
        ways,
    }
}

#[cfg(feature = "peers")]
fn peers() -> Vec<Way> {
    vec![
        way(Who::Timely, 2, timely::run),
        way(Who::Timely, 2, timely::run_combined).variant("combined"),
        way(Who::Renoir, 2, renoir::run),
        way(Who::Renoir, 2, renoir::run_associative).variant("associative"),
        way(Who::Dfir, 1, dfir::run),
        way(Who::Dfir, 1, dfir::run_borrowed).variant("borrowed"),
        way(Who::Polars, 2, polars::run),
    ]
}
