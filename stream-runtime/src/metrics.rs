//! What is measured of each batch.

use std::time::Duration;

use crate::context::OutputDone;
use crate::time::BatchTime;

/// One completed batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchInfo {
    /// The end of the interval that the batch covers.
    pub time: BatchTime,
    /// How many records came in.
    pub records: u64,
    /// From when the batch was due to when it was begun.
    pub scheduling_delay: Duration,
    /// From when it was begun to when its last output was done.
    pub processing_time: Duration,
    /// Its outputs, in the order of the program.
    pub outputs: Vec<OutputDone>,
}

impl BatchInfo {
    /// From when the batch was due to when its last output was done.
    pub fn total_delay(&self) -> Duration {
        self.scheduling_delay + self.processing_time
    }
}

/// All batches of a run together.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Summary {
    /// How many batches were completed.
    pub batches: u64,
    /// How many records came in.
    pub records: u64,
    /// The time spent in batches.
    pub processing_time: Duration,
    /// The sum of the scheduling delays.
    pub scheduling_delay: Duration,
    /// The longest total delay of a batch.
    pub total_delay_max: Duration,
    /// From the start of the job to its end.
    pub elapsed: Duration,
}

impl Summary {
    pub(crate) fn add(&mut self, batch: &BatchInfo) {
        self.batches += 1;
        self.records += batch.records;
        self.processing_time += batch.processing_time;
        self.scheduling_delay += batch.scheduling_delay;
        self.total_delay_max = self.total_delay_max.max(batch.total_delay());
    }
}
