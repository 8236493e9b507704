//! What a job is told of rates and intervals.

use std::fmt::Debug;
use std::time::Duration;

use super::Pid;
use crate::metrics::BatchInfo;

/// What the user wants of the rates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateSettings {
    pub(crate) pid: Pid,
    /// Before the first estimate, in records a second.
    pub(crate) initial: Option<f64>,
}

/// Someone who chooses the interval after each batch.
pub(crate) trait Lead: std::fmt::Debug + Send {
    /// The interval after this batch. Windows begin and end at multiples of `grid`, if there are any.
    fn next(&mut self, batch: &BatchInfo, grid: Option<Duration>) -> Duration;
}
