//! Delays of all batches of a run, counted by length.

use serde::Serialize;

use super::view::BatchView;

/// The bounds by which delays are counted, in microseconds: from a tenth of a millisecond to a
/// minute, about two and a half times as long each.
pub const DELAY_BOUNDS_US: [u64; 18] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// The delays of all completed batches.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Delays {
    /// From when batches were due to when they were begun.
    pub scheduling: Histogram,
    /// From when they were begun to when their last output was done.
    pub processing: Histogram,
    /// From when they were due to when their last output was done.
    pub total: Histogram,
}

/// Durations, counted by length.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Histogram {
    /// How many were no longer than each of [`DELAY_BOUNDS_US`] and longer than the one before;
    /// the last number is of those that were longer than all.
    pub counts: [u64; DELAY_BOUNDS_US.len() + 1],
    /// All of them together.
    pub sum_us: u64,
}

impl Delays {
    pub(super) fn add(&mut self, batch: &BatchView) {
        self.scheduling.add(batch.scheduling_us);
        self.processing.add(batch.processing_us);
        self.total.add(batch.total_us);
    }
}

impl Histogram {
    fn add(&mut self, micros: u64) {
        let at = DELAY_BOUNDS_US.partition_point(|bound| *bound < micros);
        self.counts[at] += 1;
        self.sum_us = self.sum_us.saturating_add(micros);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_counts_what_is_as_long_and_not_longer() {
        let mut histogram = Histogram::default();
        for micros in [0, 100, 101, 60_000_000, 60_000_001] {
            histogram.add(micros);
        }
        assert_eq!(histogram.counts[..2], [2, 1]);
        assert_eq!(histogram.counts[17..], [1, 1]);
        assert_eq!((histogram.count(), histogram.sum_us), (5, 120_000_202));
    }
}
