//! How many records a second a job can take, estimated from batch to batch: Spark's `PIDRateEstimator`.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::time::BatchTime;

/// The gains of a [`PidEstimator`], and the rate below which it does not go.
///
/// The defaults are Spark's: 1.0, 0.2, 0.0, and 100 records a second. With them a new rate is the
/// one at which the last batch was processed, less a fifth of what waits. A smaller proportional
/// gain trusts a single batch less; a larger integral gain works off sooner what waits; a derivative
/// gain damps a rate that swings, and makes noise louder.
///
/// # Examples
///
/// ```
/// use stream_runtime::rate::Pid;
///
/// let careful = Pid::default().proportional(0.5).min_rate(10.0);
/// careful.check()?;
/// let error = careful.integral(-1.0).check().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "an integral gain of -1 is not possible: it must be zero or more"
/// );
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pid {
    proportional: f64,
    integral: f64,
    derived: f64,
    min_rate: f64,
}

impl Default for Pid {
    fn default() -> Self {
        Self {
            proportional: 1.0,
            integral: 0.2,
            derived: 0.0,
            min_rate: 100.0,
        }
    }
}

impl Pid {
    /// How much of the difference between the rate that was allowed and the one that was processed
    /// is taken off: Spark's `pid.proportional`.
    #[must_use]
    pub fn proportional(mut self, gain: f64) -> Self {
        self.proportional = gain;
        self
    }

    /// How much of what waits, as a rate over one batch, is taken off: Spark's `pid.integral`.
    #[must_use]
    pub fn integral(mut self, gain: f64) -> Self {
        self.integral = gain;
        self
    }

    /// How much of the change of that difference, a second, is taken off: Spark's `pid.derived`.
    #[must_use]
    pub fn derived(mut self, gain: f64) -> Self {
        self.derived = gain;
        self
    }

    /// The lowest estimate, in records a second, so that a job that was slow for once gets records
    /// by which to find out that it is fast again: Spark's `pid.minRate`.
    #[must_use]
    pub fn min_rate(mut self, records_per_second: f64) -> Self {
        self.min_rate = records_per_second;
        self
    }

    /// Whether these settings can work.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a gain is negative, or the lowest rate is not more than zero, or one
    /// of them is no number.
    pub fn check(&self) -> Result<()> {
        check_gain("a proportional", self.proportional)?;
        check_gain("an integral", self.integral)?;
        check_gain("a derived", self.derived)?;
        if self.min_rate > 0.0 && self.min_rate.is_finite() {
            return Ok(());
        }
        Err(Error::Config(format!(
            "a lowest rate of {} records a second is not possible: it must be more than zero",
            self.min_rate
        )))
    }
}

fn check_gain(which: &str, gain: f64) -> Result<()> {
    if gain >= 0.0 && gain.is_finite() {
        return Ok(());
    }
    Err(Error::Config(format!(
        "{which} gain of {gain} is not possible: it must be zero or more"
    )))
}

/// Estimates how many records a second a job can take, by a proportional-integral-derivative
/// controller: the formula and the defaults are those of Spark's `PIDRateEstimator`.
///
/// With the rate `r` of the estimate before, a batch of `n` records that took the time `p` and had
/// waited for the time `s`, and batches every `b`:
///
/// ```text
/// processed = n / p
/// error     = r - processed
/// waiting   = s * processed / b
/// change    = (error - the error before) / (time since the batch before, in seconds)
/// estimate  = max(r - proportional * error - integral * waiting - derived * change, min_rate)
/// ```
///
/// # Examples
///
/// A job that is allowed what it can take, until it becomes slower and batches begin to wait:
///
/// ```
/// use std::time::Duration;
/// use stream_runtime::BatchTime;
/// use stream_runtime::rate::{Pid, PidEstimator};
///
/// let ms = Duration::from_millis;
/// let mut estimator = PidEstimator::new(Pid::default(), ms(1_000))?;
/// let mut batch = |at, records, processing, waiting| {
///     estimator.compute(BatchTime::from_millis(at), records, ms(processing), ms(waiting))
/// };
/// assert_eq!(batch(1_000, 4_000, 500, 0), None); // the first one is what others are compared with
/// assert_eq!(batch(2_000, 8_000, 1_000, 0), Some(8_000.0));
/// assert_eq!(batch(3_000, 8_000, 2_000, 0), Some(4_000.0));
/// assert_eq!(batch(4_000, 4_000, 1_000, 1_000), Some(3_200.0)); // and works off what waits
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PidEstimator {
    pid: Pid,
    batch_interval: Duration,
    /// The batch before; none before the first one.
    last: Option<Estimate>,
}

/// What came out of a batch.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    time: BatchTime,
    rate: f64,
    error: f64,
}

impl PidEstimator {
    /// An estimator for batches of this interval.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the settings cannot work (see [`Pid::check`]), or the interval is zero.
    pub fn new(pid: Pid, batch_interval: Duration) -> Result<Self> {
        pid.check()?;
        if batch_interval.is_zero() {
            return Err(Error::Config(
                "rates cannot be estimated for batches of no length".to_owned(),
            ));
        }
        Ok(Self {
            pid,
            batch_interval,
            last: None,
        })
    }

    /// The rate, in records a second, after a batch that was due at `time`, had `elements` records,
    /// took the `processing_delay` and had waited for the `scheduling_delay`.
    ///
    /// `None` when the batch says nothing: it is the first one, it had no records, it took no time,
    /// or it is not later than the one before. The rate stays what it was then.
    pub fn compute(
        &mut self,
        time: BatchTime,
        elements: u64,
        processing_delay: Duration,
        scheduling_delay: Duration,
    ) -> Option<f64> {
        let is_later = self.last.is_none_or(|last| time > last.time);
        if !is_later || elements == 0 || processing_delay.is_zero() {
            return None;
        }
        let processed = elements as f64 / millis(processing_delay) * 1_000.0;
        let waiting = millis(scheduling_delay) * processed / millis(self.batch_interval);
        let before = self.last;
        let estimate = match before {
            None => Estimate {
                time,
                rate: processed,
                error: 0.0,
            },
            Some(last) => self.next(last, time, processed, waiting),
        };
        self.last = Some(estimate);
        before.map(|_| estimate.rate)
    }

    fn next(&self, last: Estimate, time: BatchTime, processed: f64, waiting: f64) -> Estimate {
        let error = last.rate - processed;
        let change = (error - last.error) / (millis(time.since(last.time)) / 1_000.0);
        let Pid {
            proportional,
            integral,
            derived,
            min_rate,
        } = self.pid;
        let rate = last.rate - proportional * error - integral * waiting - derived * change;
        Estimate {
            time,
            rate: rate.max(min_rate),
            error,
        }
    }
}

/// Exact for whole milliseconds, in which Spark counts.
fn millis(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn estimator(pid: Pid) -> PidEstimator {
        PidEstimator::new(pid, SECOND).unwrap()
    }

    fn at(ms: u64) -> BatchTime {
        BatchTime::from_millis(ms)
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let message = |pid: Pid| pid.check().unwrap_err().to_string();
        for (pid, expected) in [
            (
                Pid::default().proportional(-0.5),
                "a proportional gain of -0.5 is",
            ),
            (
                Pid::default().integral(f64::NAN),
                "an integral gain of NaN is",
            ),
            (
                Pid::default().derived(f64::INFINITY),
                "a derived gain of inf is",
            ),
            (
                Pid::default().min_rate(0.0),
                "a lowest rate of 0 records a second is",
            ),
            (
                Pid::default().min_rate(-1.0),
                "a lowest rate of -1 records a second is",
            ),
            (
                Pid::default().min_rate(f64::NAN),
                "a lowest rate of NaN records",
            ),
        ] {
            assert!(message(pid).starts_with(expected), "{}", message(pid));
            assert!(PidEstimator::new(pid, SECOND).is_err());
        }
        assert!(PidEstimator::new(Pid::default(), Duration::ZERO).is_err());
        Pid::default().proportional(0.0).check().unwrap();
    }

    #[test]
    fn a_batch_that_says_nothing_changes_nothing() {
        let mut estimator = estimator(Pid::default());
        estimator.compute(at(1_000), 500, ms(1_000), ms(0));
        for (time, elements, processing) in [(2_000, 0, 10), (2_000, 10, 0), (1_000, 10, 10)] {
            let rate = estimator.compute(at(time), elements, ms(processing), ms(0));
            assert_eq!(rate, None);
        }
        let rate = estimator.compute(at(2_000), 500, ms(1_000), ms(0));
        assert_eq!(rate, Some(500.0));
    }

    #[test]
    fn each_gain_takes_off_its_own_error() {
        let none = Pid::default().proportional(0.0).integral(0.0);
        let second = |pid: Pid| {
            let mut estimator = estimator(pid.min_rate(1.0));
            estimator.compute(at(1_000), 1_000, ms(1_000), ms(0));
            // Half as fast, half a batch late, and two seconds after the batch before.
            estimator
                .compute(at(3_000), 1_000, ms(2_000), ms(500))
                .unwrap()
        };
        assert_eq!(second(none), 1_000.0);
        assert_eq!(second(none.proportional(0.5)), 750.0);
        assert_eq!(second(none.integral(0.5)), 875.0);
        assert_eq!(second(none.derived(0.5)), 875.0);
        assert_eq!(
            second(none.proportional(9.0)),
            1.0,
            "no less than the least"
        );
    }

    #[test]
    fn it_settles_at_what_a_steady_job_can_take() {
        let mut estimator = estimator(Pid::default());
        let (mut rate, mut late) = (20_000.0, 0.0);
        for batch in 1..60 {
            let processing = Duration::from_secs_f64(rate / 5_000.0);
            let waited = Duration::from_secs_f64(late);
            let new = estimator.compute(at(1_000 * batch), rate as u64, processing, waited);
            late = (late + processing.as_secs_f64() - 1.0).max(0.0);
            rate = new.unwrap_or(rate);
        }
        assert!((4_999.0..=5_001.0).contains(&rate), "{rate}");
        assert!(late < 0.01, "{late}");
    }
}
