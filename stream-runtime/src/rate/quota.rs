//! A limit in records a second, for inputs that are asked for each batch.

use std::time::Duration;

use super::sane;
use crate::time::BatchTime;

/// How much of a record is missing in rounding.
const ROUNDING: f64 = 1e-6;

/// How many records a batch may have: those of the interval that it covers.
///
/// Fractions of records add up, so one record every two batches is possible; what a batch does not
/// use is not kept for another one. What a batch takes too much, because it comes in pieces, the
/// next ones have less.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quota {
    per_second: Option<f64>,
    interval: Duration,
    /// When the batch before ended.
    last: Option<BatchTime>,
    /// What is left for the present batch.
    left: f64,
}

impl Quota {
    /// The job has batches of this interval.
    pub(crate) fn begin(&mut self, interval: Duration) {
        self.interval = interval;
        self.last = None;
    }

    /// The next batch ends at `time`: it is longer than others where intervals are adapted.
    pub(crate) fn cover(&mut self, time: BatchTime) {
        let last = self.last.replace(time);
        if let Some(last) = last.filter(|last| *last < time) {
            self.interval = time.since(last);
        }
    }

    /// Limits to so many records a second from the next batch on. Zero is nothing at all.
    pub(crate) fn set(&mut self, per_second: Option<f64>) {
        self.per_second = per_second.and_then(sane);
        if self.per_second.is_none() {
            self.left = 0.0;
        }
    }

    /// The limit in records a second, if there is one.
    pub(crate) fn per_second(&self) -> Option<f64> {
        self.per_second
    }

    /// Begins the next batch: how many records it may have, if they are limited.
    pub(crate) fn next(&mut self) -> Option<u64> {
        let per_second = self.per_second?;
        let kept = match self.left > 0.0 {
            true => self.left.fract(),
            false => self.left,
        };
        self.left = kept + per_second * self.interval.as_secs_f64();
        Some((self.left + ROUNDING).max(0.0) as u64)
    }

    /// The batch has taken so many records.
    pub(crate) fn took(&mut self, records: u64) {
        if self.per_second.is_some() {
            self.left -= records as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(per_second: f64, interval_ms: u64) -> Quota {
        let mut quota = Quota::default();
        quota.set(Some(per_second));
        quota.begin(Duration::from_millis(interval_ms));
        quota
    }

    /// What each of some batches may have, if it takes `take` of that.
    fn batches(quota: &mut Quota, take: impl Fn(u64) -> u64) -> Vec<u64> {
        let batch = |_| {
            let may = quota.next().unwrap();
            quota.took(take(may));
            may
        };
        (0..6).map(batch).collect()
    }

    #[test]
    fn fractions_add_up() {
        let all = |may| may;
        assert_eq!(batches(&mut quota(2.5, 1_000), all), [2, 3, 2, 3, 2, 3]);
        assert_eq!(batches(&mut quota(10.0, 30), all), [0, 0, 0, 1, 0, 0]);
        let mut thousandths = quota(1.0, 1);
        let sum: u64 = (0..1_000)
            .map(|_| batches(&mut thousandths, all).iter().sum::<u64>())
            .sum();
        assert_eq!(sum, 6);
    }

    #[test]
    fn a_longer_batch_may_have_more() {
        let mut quota = quota(100.0, 10);
        let may = [10, 20, 520, 530].map(|time| {
            quota.cover(BatchTime::from_millis(time));
            let may = quota.next().unwrap();
            quota.took(may);
            may
        });
        assert_eq!(may, [1, 1, 50, 1]);
    }

    #[test]
    fn what_is_not_used_is_gone_and_what_is_too_much_is_owed() {
        assert_eq!(batches(&mut quota(2.5, 1_000), |_| 0), [2, 3, 2, 3, 2, 3]);
        assert_eq!(
            batches(&mut quota(2.0, 1_000), |may| 4 * may.min(1)),
            [2, 0, 2, 0, 2, 0]
        );
    }

    #[test]
    fn zero_is_nothing_and_no_limit_is_no_limit() {
        assert_eq!(batches(&mut quota(0.0, 1_000), |may| may), [0; 6]);
        let mut quota = quota(f64::INFINITY, 1_000);
        assert_eq!(quota.next(), None);
        quota.took(1_000_000);
        quota.set(Some(1.0));
        assert_eq!(quota.next(), Some(1), "what was free is not owed");
    }
}
