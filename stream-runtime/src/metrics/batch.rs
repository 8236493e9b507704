//! What is measured of one batch.

use std::time::Duration;

use super::ReceiverStatus;
use crate::site::Site;
use crate::time::BatchTime;

/// One completed batch.
///
/// All times are read from the job's clock, in microseconds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchInfo {
    /// The end of the interval that the batch covers: when it was due.
    pub time: BatchTime,
    /// How long the interval is.
    pub interval: Duration,
    /// How many records came in.
    pub records: u64,
    /// When it was begun.
    pub started: BatchTime,
    /// When its last output was done, and what it changed was handed to the checkpoint.
    pub ended: BatchTime,
    /// From when the batch was due to when it was begun: it had to wait for slow ones before it.
    pub scheduling_delay: Duration,
    /// From when it was begun to when its last output was done.
    pub processing_time: Duration,
    /// How often it was tried: 1 when nothing failed.
    pub attempts: u32,
    /// How many batches were due and not begun when this one was done.
    pub waiting: u64,
    /// How many of its records were put aside because they failed.
    pub dead: u64,
    /// Its inputs, in the order of the parameters.
    pub inputs: Vec<InputInfo>,
    /// The stages that ran, in their order.
    pub stages: Vec<StageDone>,
    /// Its outputs, in the order of the program.
    pub outputs: Vec<OutputDone>,
    /// How far event time has come, for each `event_time`.
    pub watermarks: Vec<WatermarkInfo>,
    /// The records that came too late for their window, for each window over event time.
    pub late: Vec<LateInfo>,
    /// What the operators keep from batch to batch.
    pub states: Vec<StateInfo>,
    /// What the job has in its checkpoint, if it has one.
    pub checkpoint: Option<CheckpointInfo>,
}

/// What one input gave to a batch.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InputInfo {
    /// The parameter of the pipeline that it feeds.
    pub name: &'static str,
    /// How many records: counted when the batch is completed, and before that about how many, since
    /// lines are counted where they are read.
    pub records: u64,
    /// About how many bytes.
    pub bytes: u64,
    /// How its receiver is getting on, if it has one.
    pub receiver: Option<ReceiverStatus>,
}

/// One stage of one batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StageDone {
    /// Its number in the plan.
    pub stage: usize,
    /// The operator that it begins with.
    pub site: Site,
    /// How many records or entries it had before it: what came over the exchange, and at a stage that
    /// visits what an operator keeps, how many keys that is. For text that was read, about how many.
    pub records: u64,
    /// How many tasks it had.
    pub tasks: usize,
    /// How long it took, from its first task to its last.
    pub duration: Duration,
}

/// What one output operation did in one batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OutputDone {
    /// Its number: outputs are counted from 0, in the order of the program.
    pub id: usize,
    /// The output operation.
    pub site: Site,
    /// How many records it was given. `print` is given no more of each partition than it shows, and
    /// one.
    pub records: u64,
    /// From when the batch was begun to when this output was.
    pub started_after: Duration,
    /// How long it took, without the stages that made its records.
    pub duration: Duration,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// How far the records of one `event_time` have come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatermarkInfo {
    /// Where the `event_time` stands.
    pub site: Site,
    /// Records before this time are thought to have come.
    pub watermark: BatchTime,
    /// How far it is behind the time of the batch.
    pub lag: Duration,
    /// Whether it had no records for so long that it holds no window back.
    pub is_idle: bool,
}

/// Records that came too late for one window over event time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateInfo {
    /// Where the window stands.
    pub site: Site,
    /// How many came too late in this batch.
    pub records: u64,
}

/// What one operator keeps from batch to batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateInfo {
    /// The name of the `let` that has it.
    pub name: &'static str,
    /// How many keys it has; none for a window of records.
    pub keys: u64,
    /// About how much memory it takes up, in bytes, without what keys and values own elsewhere.
    pub bytes: u64,
}

/// What a job has in its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointInfo {
    /// The newest batch that is there whatever happens.
    pub committed: Option<BatchTime>,
    /// For how long there has been no newer one: from that batch to now, when it is asked.
    pub age: Duration,
    /// How many bytes this run has written.
    pub written: u64,
}

impl BatchInfo {
    /// From when the batch was due to when its last output was done.
    pub fn total_delay(&self) -> Duration {
        self.scheduling_delay + self.processing_time
    }

    /// From when the batch was due to when `output`, one of its outputs, was done.
    pub fn total_delay_of(&self, output: &OutputDone) -> Duration {
        self.scheduling_delay + output.started_after + output.duration
    }
}

/// A batch of one second at time zero, for tests.
#[cfg(test)]
pub(crate) fn completed(records: u64, scheduling_delay_ms: u64, processing_ms: u64) -> BatchInfo {
    let started = BatchTime::from_millis(scheduling_delay_ms);
    let processing_time = Duration::from_millis(processing_ms);
    BatchInfo {
        time: BatchTime::ZERO,
        interval: Duration::from_secs(1),
        records,
        started,
        ended: started + processing_time,
        scheduling_delay: Duration::from_millis(scheduling_delay_ms),
        processing_time,
        attempts: 1,
        waiting: 0,
        dead: 0,
        inputs: Vec::new(),
        stages: Vec::new(),
        outputs: Vec::new(),
        watermarks: Vec::new(),
        late: Vec::new(),
        states: Vec::new(),
        checkpoint: None,
    }
}
