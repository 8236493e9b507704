//! The pipelines.

use std::time::Duration;

use stream_runtime::storage::LocalDirectory;
use stream_runtime::{Accumulator, Job};

use super::digest::Digests;
use super::{Asked, batches};
use crate::contest::{Times, run_every};
use crate::source::cycle;

/// There are two batches in a window of ten seconds of the clock. It is not waited for, since the events
/// are there already.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

pub(super) fn run<Q: Asked>(count: u64, threads: usize) -> (u64, Times) {
    measured::<Q>(count, threads, |job| job)
}

/// The same, where each batch is committed to a directory.
pub(super) fn checkpointed<Q: Asked>(count: u64, threads: usize) -> (u64, Times) {
    let directory = tempfile::tempdir().expect("there is a place for temporary files");
    let storage = LocalDirectory::create(directory.path()).expect("it is empty");
    measured::<Q>(count, threads, |job| job.checkpoint(storage))
}

fn measured<Q: Asked>(count: u64, threads: usize, change: impl FnOnce(Job) -> Job) -> (u64, Times) {
    let sum = Accumulator::named("answer");
    let out = Digests::new(Q::EVERY, sum.clone());
    let job = Q::job(cycle(batches(), count), out);
    let times = run_every(INTERVAL, change(job), threads);
    (sum.value(), times)
}
