//! Counts latencies, of all records of a batch at once.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies, each to a thousandth.
#[derive(Debug)]
pub struct LatencyHistogram {
    nanos: Histogram<u64>,
}

/// What takes longer counts as this.
const LONGEST: Duration = Duration::from_secs(3_600);

impl Default for LatencyHistogram {
    fn default() -> Self {
        let nanos = Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, 3);
        Self {
            nanos: nanos.expect("the bounds are in order"),
        }
    }
}

impl LatencyHistogram {
    /// Counts a batch of so many records that were due at an even rate in an interval: the last took
    /// `last`, and those before it longer, up to nearly the interval.
    pub fn count_batch(&mut self, last: Duration, interval: Duration, records: u64) {
        let step = interval.as_nanos() as f64 / records as f64;
        let first = (last.as_nanos() as u64).max(1);
        let mut counted = 0;
        while counted < records {
            let nanos = first + (counted as f64 * step) as u64;
            let beyond = self.nanos.next_non_equivalent(nanos);
            let within = ((beyond - first) as f64 / step).ceil() as u64;
            let until = within.clamp(counted + 1, records);
            self.nanos.saturating_record_n(nanos, until - counted);
            counted = until;
        }
    }

    /// So large a part of the records took no longer.
    pub fn at(&self, part: f64) -> Duration {
        Duration::from_nanos(self.nanos.value_at_quantile(part))
    }

    /// The longest time that a record took.
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.nanos.max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn is_near(time: Duration, micros: f64) -> bool {
        (time.as_secs_f64() * 1e6 / micros - 1.0).abs() < 0.002
    }

    #[test]
    fn a_batch_counts_as_its_records_would_one_by_one() {
        let mut at_once = LatencyHistogram::default();
        at_once.count_batch(MS / 2, MS, 4_000);
        let mut one_by_one = LatencyHistogram::default();
        for record in 0..4_000 {
            let last = MS / 2 + MS / 4_000 * record;
            one_by_one.count_batch(last, MS, 1);
        }
        assert_eq!(at_once.nanos, one_by_one.nanos);
        assert_eq!(at_once.nanos.len(), 4_000);
    }

    #[test]
    fn the_first_record_of_a_batch_took_an_interval_longer_than_the_last() {
        let mut histogram = LatencyHistogram::default();
        histogram.count_batch(MS / 10, MS, 1_000_000);
        assert!(is_near(histogram.at(0.0), 100.0), "{histogram:?}");
        assert!(is_near(histogram.at(0.5), 600.0));
        assert!(is_near(histogram.at(0.99), 1_090.0));
        assert!(is_near(histogram.longest(), 1_100.0));
    }

    #[test]
    fn a_slow_batch_counts_for_each_of_its_records() {
        let mut histogram = LatencyHistogram::default();
        for _ in 0..98 {
            histogram.count_batch(MS / 10, MS, 10);
        }
        histogram.count_batch(100 * MS, MS, 20);
        assert!(is_near(histogram.at(0.99), 100_500.0), "{histogram:?}");
    }
}
