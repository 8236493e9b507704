//! What a monitor shows: plain data, in JSON as in Rust.
//!
//! Times are microseconds on the job's clock and durations microseconds, as whole numbers, which
//! every reader of JSON understands.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::metrics::BatchInfo;
use crate::site::Site;

/// Longer messages are cut: what is kept must not depend on what fails.
const MESSAGE_MAX: usize = 2_000;

/// A duration as whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A message of bounded length.
pub(super) fn message(text: &str) -> Arc<str> {
    match text.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// One completed batch, with all that is known of it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct BatchView {
    /// Its number in this run, from 1 on.
    pub number: u64,
    /// The end of the interval that it covers.
    pub time_us: u64,
    /// How long the interval is.
    pub interval_us: u64,
    /// When its input was fixed.
    pub submitted_us: u64,
    /// When it was begun.
    pub started_us: u64,
    /// When its last output was done.
    pub ended_us: u64,
    /// How many records came in.
    pub records: u64,
    /// From when it was due to when it was begun.
    pub scheduling_us: u64,
    /// From when it was begun to when its last output was done.
    pub processing_us: u64,
    /// From when it was due to when its last output was done.
    pub total_us: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// How many batches were due and not begun when it was done.
    pub waiting: u64,
    /// How many of its records were put aside because they failed.
    pub dead: u64,
    /// What each input gave.
    pub inputs: Vec<InputView>,
    /// The stages that ran.
    pub stages: Vec<StageView>,
    /// The outputs of the attempt that succeeded.
    pub outputs: Vec<OutputView>,
    /// The attempts that failed; of many, the newest.
    pub failures: Vec<FailureView>,
    /// How far event time has come.
    pub watermarks: Vec<WatermarkView>,
    /// Records that came too late.
    pub late: Vec<LateView>,
    /// What the operators keep.
    pub states: Vec<StateView>,
    /// The checkpoint, if there is one.
    pub checkpoint: Option<CheckpointView>,
}

/// A batch in one line, for a table of batches.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct BatchRow {
    /// Its number in this run, from 1 on.
    pub number: u64,
    /// The end of the interval that it covers.
    pub time_us: u64,
    /// How long the interval is.
    pub interval_us: u64,
    /// How many records came in.
    pub records: u64,
    /// How many of them each input gave, in the order of the parameters.
    pub inputs: Vec<u64>,
    /// From when it was due to when it was begun.
    pub scheduling_us: u64,
    /// From when it was begun to when its last output was done.
    pub processing_us: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// How many of its records were put aside because they failed.
    pub dead: u64,
    /// How many outputs were done.
    pub outputs: usize,
    /// Why an attempt failed, if one did: the newest failure.
    pub failure: Option<Arc<str>>,
}

/// What one input gave to a batch.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct InputView {
    /// The parameter of the pipeline that it feeds.
    pub name: &'static str,
    /// How many records.
    pub records: u64,
    /// About how many bytes.
    pub bytes: u64,
}

/// One stage of a batch.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StageView {
    /// Its number in the plan.
    pub stage: usize,
    /// The operator that it begins with.
    pub site: Site,
    /// How many records it had before it.
    pub records: u64,
    /// How many tasks it had.
    pub tasks: usize,
    /// How long it took.
    pub duration_us: u64,
}

/// One output of a batch.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OutputView {
    /// Its number, in the order of the program.
    pub id: usize,
    /// The output operation.
    pub site: Site,
    /// How many records it was given.
    pub records: u64,
    /// From when the batch was begun to when this output was.
    pub started_after_us: u64,
    /// How long it took.
    pub duration_us: u64,
    /// Why it failed, if it did.
    pub failure: Option<Arc<str>>,
}

/// An attempt of a batch that failed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FailureView {
    /// The batch.
    pub time_us: u64,
    /// Which attempt it was, from 1 on.
    pub attempt: u32,
    /// Which operator or output, and why.
    pub failure: Arc<str>,
    /// What became of the batch.
    pub next: String,
}

/// How far event time has come at one `event_time`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WatermarkView {
    /// Where it stands.
    pub site: Site,
    /// Records before this time are thought to have come.
    pub watermark_us: u64,
    /// How far it is behind the time of the batch.
    pub lag_us: u64,
    /// Whether it holds no window back, since no records came.
    pub is_idle: bool,
}

/// Records that came too late for one window over event time.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LateView {
    /// Where the window stands.
    pub site: Site,
    /// How many came too late: in a batch, or in the whole run.
    pub records: u64,
}

/// What one operator keeps from batch to batch.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StateView {
    /// The name of the `let` that has it.
    pub name: &'static str,
    /// How many keys it has.
    pub keys: u64,
    /// About how much memory it takes up.
    pub bytes: u64,
}

/// The checkpoint.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CheckpointView {
    /// The newest batch that is there whatever happens.
    pub committed_us: Option<u64>,
    /// For how long there has been no newer one.
    pub age_us: u64,
    /// How many bytes this run has written.
    pub written_bytes: u64,
}

/// How a receiver is getting on.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ReceiverView {
    /// `waiting`, `receiving`, `restarting` or `ended`.
    pub phase: &'static str,
    /// How many blocks were stored.
    pub blocks: u64,
    /// What is stored and not processed yet: bytes, or records for a channel.
    pub in_flight: usize,
    /// How many records a second it may give at present, if that is limited.
    pub records_per_second_max: Option<f64>,
    /// How many errors were reported, restarts included.
    pub errors: u64,
    /// How often it was restarted after a failure.
    pub restarts: u64,
    /// When the newest error was reported.
    pub last_error_us: Option<u64>,
    /// The newest error.
    pub last_error: Option<Arc<str>>,
}

impl BatchView {
    /// A batch that was completed, as number so-and-so.
    pub(super) fn new(
        batch: &BatchInfo,
        number: u64,
        submitted_us: u64,
        failures: Vec<FailureView>,
    ) -> Self {
        Self {
            number,
            time_us: batch.time.as_micros(),
            interval_us: micros(batch.interval),
            submitted_us,
            started_us: batch.started.as_micros(),
            ended_us: batch.ended.as_micros(),
            records: batch.records,
            scheduling_us: micros(batch.scheduling_delay),
            processing_us: micros(batch.processing_time),
            total_us: micros(batch.total_delay()),
            attempts: batch.attempts,
            waiting: batch.waiting,
            dead: batch.dead,
            inputs: batch.inputs.iter().map(InputView::from).collect(),
            stages: batch.stages.iter().map(StageView::from).collect(),
            outputs: batch.outputs.iter().map(OutputView::from).collect(),
            failures,
            watermarks: batch.watermarks.iter().map(WatermarkView::from).collect(),
            late: batch.late.iter().map(LateView::from).collect(),
            states: batch.states.iter().map(StateView::from).collect(),
            checkpoint: batch.checkpoint.as_ref().map(CheckpointView::from),
        }
    }

    /// The batch in one line.
    pub fn row(&self) -> BatchRow {
        BatchRow {
            number: self.number,
            time_us: self.time_us,
            interval_us: self.interval_us,
            records: self.records,
            inputs: self.inputs.iter().map(|input| input.records).collect(),
            scheduling_us: self.scheduling_us,
            processing_us: self.processing_us,
            attempts: self.attempts,
            dead: self.dead,
            outputs: self.outputs.len(),
            failure: self
                .failures
                .last()
                .map(|failure| Arc::clone(&failure.failure)),
        }
    }
}
