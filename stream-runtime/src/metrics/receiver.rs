//! What an input that receives is doing, for whoever watches the job.

use crate::time::BatchTime;

/// How an input that receives on its own is getting on.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReceiverStatus {
    /// What it is doing.
    pub phase: ReceiverPhase,
    /// How many blocks were stored.
    pub blocks: u64,
    /// What is stored and not processed yet: bytes, or records for a
    /// [`channel`](crate::receiver::channel).
    pub in_flight: usize,
    /// How many records a second it may give at present; none if that is not limited.
    pub rate_limit: Option<f64>,
    /// How many errors were reported, restarts included.
    pub errors: u64,
    /// How often it was restarted after a failure.
    pub restarts: u64,
    /// The newest error.
    pub last_error: Option<ReportedError>,
}

/// An error that a receiver reported, or that it ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportedError {
    /// When it was reported, on the job's clock.
    pub time: BatchTime,
    /// What happened.
    pub message: String,
}

/// What a receiver is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiverPhase {
    /// It was not started yet.
    #[default]
    Waiting,
    /// It is at work.
    Receiving,
    /// It has failed and will be run again.
    Restarting,
    /// It receives no more: its source is at its end, or the job has stopped it.
    Ended,
}

impl ReceiverStatus {
    pub(crate) fn report(&mut self, time: BatchTime, message: String) {
        self.errors += 1;
        self.last_error = Some(ReportedError { time, message });
    }
}
