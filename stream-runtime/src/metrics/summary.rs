//! What is measured of a whole run.

use std::time::Duration;

use super::BatchInfo;

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
    /// From the start of the job to its end, or to now while it runs.
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

    /// Records per second of the whole run, waiting for the clock included; zero before any time
    /// has gone by.
    pub fn records_per_second(&self) -> f64 {
        per_second(self.records, self.elapsed)
    }

    /// The mean processing time of a batch.
    pub fn processing_time_mean(&self) -> Duration {
        self.mean(self.processing_time)
    }

    /// The mean of the batches' total delays.
    pub fn total_delay_mean(&self) -> Duration {
        self.mean(self.scheduling_delay + self.processing_time)
    }

    fn mean(&self, sum: Duration) -> Duration {
        match self.batches {
            0 => Duration::ZERO,
            batches => sum.div_f64(batches as f64),
        }
    }
}

/// A rate; zero when no time has gone by.
pub(crate) fn per_second(records: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() {
        0.0
    } else {
        records as f64 / elapsed.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::completed;
    use super::*;

    #[test]
    fn a_summary_has_the_means_and_the_maximum() {
        let mut summary = Summary {
            elapsed: Duration::from_secs(2),
            ..Summary::default()
        };
        summary.add(&completed(10, 0, 20));
        summary.add(&completed(30, 40, 40));
        assert_eq!(summary.records_per_second(), 20.0);
        assert_eq!(summary.processing_time_mean(), Duration::from_millis(30));
        assert_eq!(summary.total_delay_mean(), Duration::from_millis(50));
        assert_eq!(summary.total_delay_max, Duration::from_millis(80));
    }

    #[test]
    fn a_summary_of_nothing_divides_by_nothing() {
        let summary = Summary::default();
        assert_eq!(summary.records_per_second(), 0.0);
        assert_eq!(summary.total_delay_mean(), Duration::ZERO);
    }
}
