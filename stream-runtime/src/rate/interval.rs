//! How long a batch should be, adapted from batch to batch.

use std::time::Duration;

use crate::error::{Error, Result};

/// The part of the interval that a batch may take: what is left is room for batches that are larger.
const LOAD: f64 = 0.7;
/// By how much the interval is shortened when longer batches are dearer for each record.
const BACK_OFF: f64 = 0.25;
/// The interval is not made shorter by less than this part of it; it is made longer whenever it has to.
const HYSTERESIS: f64 = 0.02;

/// Adapts the batch interval to what comes in: the fixed-point rule of Das, Zhong, Stoica and Shenker,
/// "Adaptive Stream Processing using Dynamic Batch Sizing", SoCC 2014.
///
/// A batch that covers the interval `x` takes the time `p(x)`, and a job is stable when `p(x) ≤ x`.
/// The rule looks for the interval at which a batch takes seven tenths of it, by `x' = p(x) / 0.7`.
/// Where the time for a record grows with the interval, and the job does not keep up, that would
/// run away: then the interval becomes a quarter shorter than the shorter one of the last two.
///
/// # Examples
///
/// A batch takes 10 ms and half of its interval:
///
/// ```
/// use std::time::Duration;
/// use stream_runtime::rate::FixedPoint;
///
/// let ms = Duration::from_millis;
/// let mut rule = FixedPoint::between(ms(5), ms(10_000))?;
/// let mut interval = ms(1_000);
/// for _ in 0..20 {
///     interval = rule.next(interval, ms(10) + interval / 2);
/// }
/// assert!((ms(45)..ms(65)).contains(&interval), "{interval:?}");
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FixedPoint {
    least: Duration,
    most: Duration,
    /// The interval of the batch before, and how long that took.
    last: Option<(f64, f64)>,
}

impl FixedPoint {
    /// A rule whose intervals are not shorter than `least` and not longer than `most`.
    ///
    /// # Errors
    ///
    /// When `least` is zero, or more than `most`.
    pub fn between(least: Duration, most: Duration) -> Result<Self> {
        if least.is_zero() || least > most {
            return Err(Error::Config(format!(
                "a batch interval between {least:?} and {most:?} is not possible: the shortest must be more than zero, and not more than the longest"
            )));
        }
        Ok(Self {
            least,
            most,
            last: None,
        })
    }

    /// The interval after a batch that covered `interval` and took `processing_time`.
    pub fn next(&mut self, interval: Duration, processing_time: Duration) -> Duration {
        let (x, p) = (interval.as_secs_f64(), processing_time.as_secs_f64());
        let wanted = match self.last.replace((x, p)) {
            Some(before) if is_dearer(before, (x, p)) && p > LOAD * x => {
                (1.0 - BACK_OFF) * x.min(before.0)
            }
            _ => p / LOAD,
        };
        if wanted < x && x - wanted < HYSTERESIS * x {
            return interval.clamp(self.least, self.most);
        }
        // Not more than a duration holds, and no number that is none.
        let most = self.most.as_secs_f64();
        Duration::from_secs_f64(wanted.min(most)).clamp(self.least, self.most)
    }
}

/// Whether the longer one of two batches took more time for each second that it covered.
fn is_dearer(one: (f64, f64), other: (f64, f64)) -> bool {
    let (small, large) = if one.0 < other.0 {
        (one, other)
    } else {
        (other, one)
    };
    large.0 > small.0 && large.1 / large.0 > small.1 / small.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The interval after so many batches that take `cost` of it.
    fn settled(mut interval: Duration, cost: impl Fn(f64) -> f64) -> Duration {
        let mut rule = FixedPoint::between(ms(10), ms(20_000)).unwrap();
        for _ in 0..60 {
            let processing_time = Duration::from_secs_f64(cost(interval.as_secs_f64()));
            interval = rule.next(interval, processing_time);
        }
        interval
    }

    #[test]
    fn it_settles_where_a_batch_takes_seven_tenths_from_either_side() {
        for (fixed, each) in [(0.01, 0.1), (0.1, 0.5), (0.5, 0.2)] {
            let ideal = fixed / (LOAD - each);
            for start in [ms(20), ms(1_000), ms(15_000)] {
                let found = settled(start, |x| fixed + each * x).as_secs_f64();
                assert!(
                    (0.8 * ideal..1.25 * ideal).contains(&found),
                    "{fixed} {each} {start:?}: {found} instead of {ideal}"
                );
            }
        }
    }

    #[test]
    fn batches_that_grow_dearer_do_not_run_away() {
        // Up to 1.4 s it keeps up.
        let found = settled(ms(8_000), |x| 0.02 + 0.5 * x * x);
        assert!(found < ms(1_500), "{found:?}");
    }

    #[test]
    fn it_stays_within_its_bounds() {
        assert_eq!(settled(ms(100), |_| 0.0), ms(10));
        assert_eq!(settled(ms(100), |x| 3.0 * x), ms(20_000));
        assert!(FixedPoint::between(ms(2), ms(1)).is_err());
        assert!(FixedPoint::between(ms(0), ms(1)).is_err());
    }
}
