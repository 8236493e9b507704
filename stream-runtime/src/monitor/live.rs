//! A job at one moment, without its batches.

use std::sync::Arc;

use serde::Serialize;

use super::totals::Totals;
use super::verdict::Verdict;
use super::view::{
    CheckpointView, FailureView, InputView, LateView, OutputView, StateView, WatermarkView,
};
use crate::progress::{At, JobState};
use crate::site::Site;

/// A job at one moment, with the newest of its batches.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// All but the batches.
    pub live: Live,
    /// The newest completed batches, the oldest first: at most
    /// [`RETAINED_BATCHES`](super::RETAINED_BATCHES).
    pub batches: Vec<Arc<super::BatchView>>,
}

/// A job at one moment, without its batches: small, however long it has been running.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Live {
    /// What runs, since when.
    pub job: JobView,
    /// How it is getting on, in a word and a sentence.
    pub verdict: Verdict,
    /// What it has done so far.
    pub totals: Totals,
    /// The batch under way, or the one that made the job fail.
    pub running: Option<RunningView>,
    /// How many batches are due and not begun.
    pub waiting: u64,
    /// Their times, of many the first.
    pub waiting_us: Vec<u64>,
    /// How many of the completed batches are kept.
    pub retained: usize,
    /// How far event time has come.
    pub watermarks: Vec<WatermarkView>,
    /// Records that came too late, in the whole run.
    pub late: Vec<LateView>,
    /// What the operators keep.
    pub states: Vec<StateView>,
    /// The checkpoint, if the job has one.
    pub checkpoint: Option<CheckpointView>,
    /// The newest attempts of batches that failed, the newest last.
    pub failures: Vec<FailureView>,
}

/// What runs.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JobView {
    /// The name of the pipeline's function.
    pub pipeline: &'static str,
    /// The package that it is part of.
    pub package: &'static str,
    /// The version of the package.
    pub version: &'static str,
    /// `initialized`, `active`, `stopping` or `stopped`.
    pub state: &'static str,
    /// When it was started.
    pub started_us: Option<u64>,
    /// When it ended.
    pub stopped_us: Option<u64>,
    /// For how long it has been running, or ran.
    pub elapsed_us: u64,
    /// Why it ended, if that was an error.
    pub error: Option<Arc<str>>,
    /// The batch interval.
    pub batch_interval_us: u64,
    /// How many threads run the stages.
    pub threads: usize,
    /// Into how many partitions a shuffle deals its records.
    pub partitions: usize,
}

/// A batch that is not done.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RunningView {
    /// The end of the interval that it covers.
    pub time_us: u64,
    /// When its input was fixed.
    pub submitted_us: u64,
    /// When it was begun; none if it was not.
    pub started_us: Option<u64>,
    /// For how long it has been running.
    pub elapsed_us: u64,
    /// From when it was due to when it was begun.
    pub scheduling_us: u64,
    /// About how many records came in.
    pub records: u64,
    /// What each input gave.
    pub inputs: Vec<InputView>,
    /// Which attempt is under way, from 1 on.
    pub attempt: u32,
    /// The outputs of this attempt that are done.
    pub outputs: Vec<OutputView>,
    /// The attempts that failed; of many, the newest.
    pub failures: Vec<FailureView>,
    /// Whether it has failed for good.
    pub has_failed: bool,
    /// What is at work.
    pub at: Option<AtView>,
}

/// The stage, driver code or output of a batch that is at work.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AtView {
    /// The operator that it begins with.
    pub site: Site,
    /// For how long it has been at work.
    pub elapsed_us: u64,
    /// How many records it had before it.
    pub records: u64,
    /// How many tasks it has.
    pub tasks: usize,
    /// How many of them have not ended.
    pub unfinished: usize,
}

impl From<&At> for AtView {
    fn from(at: &At) -> Self {
        Self {
            site: at.site,
            elapsed_us: super::view::micros(at.elapsed),
            records: at.records,
            tasks: at.tasks,
            unfinished: at.partitions.len(),
        }
    }
}

/// The name of a state of a job.
pub(super) fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Initialized => "initialized",
        JobState::Active => "active",
        JobState::Stopping => "stopping",
        JobState::Stopped => "stopped",
    }
}
