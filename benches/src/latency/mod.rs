//! How long a record takes from when it is due to when the outputs of its batch are done.
//!
//! The load is open: records are due at an even rate, whether or not the job keeps up, and the latency of a
//! record counts from when it was due, not from when the job came to take it. So one slow batch counts for
//! every record that had to wait behind it, as it would for those who sent them.
//!
//! [`pipelines`] are under load, [`load`] hands their records out, [`run`] runs one rate, [`search`] finds the
//! highest one that is sustained, and [`histogram`] counts the latencies.

pub mod histogram;
pub mod load;
pub mod pipelines;
pub mod run;
pub mod search;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Threads of every job.
pub const THREADS: usize = 2;

/// The latencies of a pipeline at one batch interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The batch interval.
    pub interval: Duration,
    /// The highest rate, in records a second, at which what is waiting does not grow.
    pub sustained: f64,
    /// At parts of that rate.
    pub at: Vec<Latency>,
}

/// The latencies at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The part of the sustained rate.
    pub load: f64,
    /// Records a second.
    pub rate: f64,
    /// Half of the records took no longer.
    pub p50: Duration,
    /// 99 of 100 records took no longer.
    pub p99: Duration,
    /// 999 of 1,000 records took no longer.
    pub p999: Duration,
    /// The longest time that a record took.
    pub longest: Duration,
}
