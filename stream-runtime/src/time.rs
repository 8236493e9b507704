//! Batch times: points on the job's own clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The end of a batch, in microseconds since the Unix epoch (or since zero under a manual clock).
///
/// The batch at time `t` holds what arrived in `(t - interval, t]`. Batch times are multiples of
/// the batch interval, so the same input cut by the same interval gives the same times.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct BatchTime {
    micros: u64,
}

impl BatchTime {
    /// The epoch.
    pub const ZERO: Self = Self { micros: 0 };

    /// A time `ms` milliseconds after the epoch.
    pub const fn from_millis(ms: u64) -> Self {
        Self { micros: ms * 1_000 }
    }

    /// A time `us` microseconds after the epoch.
    pub const fn from_micros(us: u64) -> Self {
        Self { micros: us }
    }

    /// Whole milliseconds since the epoch: the number Spark prints and puts into file names.
    pub const fn as_millis(self) -> u64 {
        self.micros / 1_000
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.micros
    }

    /// The last multiple of `period` at or before this time.
    ///
    /// # Panics
    ///
    /// If `period` is shorter than a microsecond.
    #[inline]
    pub fn floor(self, period: Duration) -> Self {
        let period = micros(period);
        assert!(period > 0, "a period is at least one microsecond");
        Self {
            micros: self.micros - self.micros % period,
        }
    }

    /// The first multiple of `period` at or after this time.
    ///
    /// # Panics
    ///
    /// If `period` is shorter than a microsecond.
    pub fn ceil(self, period: Duration) -> Self {
        let floor = self.floor(period);
        if floor == self { self } else { floor + period }
    }

    /// Whether this time is a multiple of `period` (Spark's `Time.isMultipleOf`).
    ///
    /// # Panics
    ///
    /// If `period` is shorter than a microsecond.
    pub fn is_multiple_of(self, period: Duration) -> bool {
        self.floor(period) == self
    }

    /// How long after `earlier` this time is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros))
    }

    /// The times from this one up to `end`, without `end`, every `step` (Spark's `Time.until`).
    ///
    /// ```
    /// # use stream_runtime::BatchTime;
    /// # use std::time::Duration;
    /// let ms = |t| BatchTime::from_millis(t);
    /// let times: Vec<_> = ms(1000).until(ms(1100), Duration::from_millis(50)).collect();
    /// assert_eq!(times, [ms(1000), ms(1050)]);
    /// ```
    pub fn until(self, end: Self, step: Duration) -> impl Iterator<Item = Self> {
        let step = micros(step).max(1);
        (self.micros..end.micros)
            .step_by(step as usize)
            .map(Self::from_micros)
    }

    /// The times from this one up to and including `end`, every `step` (Spark's `Time.to`).
    pub fn to(self, end: Self, step: Duration) -> impl Iterator<Item = Self> {
        let step = micros(step).max(1);
        (self.micros..=end.micros)
            .step_by(step as usize)
            .map(Self::from_micros)
    }

    /// The name of this time in a path: milliseconds, and the microseconds behind a dash when the
    /// batch interval is finer than that, so that no two batches share a name.
    pub fn stamp(self) -> String {
        match self.micros % 1_000 {
            0 => self.as_millis().to_string(),
            fraction => format!("{}-{fraction:03}", self.as_millis()),
        }
    }
}

impl std::ops::Add<Duration> for BatchTime {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self {
            micros: self.micros.saturating_add(micros(duration)),
        }
    }
}

impl std::ops::Sub<Duration> for BatchTime {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self {
            micros: self.micros.saturating_sub(micros(duration)),
        }
    }
}

/// Spark's form: `1000 ms`, with the fraction when there is one.
impl fmt::Display for BatchTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.micros % 1_000 {
            0 => write!(f, "{} ms", self.as_millis()),
            fraction => write!(f, "{}.{fraction:03} ms", self.as_millis()),
        }
    }
}

#[inline]
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// When the batch ends that is being received: told by the scheduler, read by receivers.
///
/// It only grows. What comes after it, and before the next end is told, belongs to a later batch.
#[derive(Debug, Clone, Default)]
pub(crate) struct BatchEnds {
    micros: Arc<AtomicU64>,
}

impl BatchEnds {
    pub(crate) fn tell(&self, end: BatchTime) {
        self.micros.fetch_max(end.micros, Ordering::Release);
    }

    /// The last end that was told; zero before the first.
    pub(crate) fn told(&self) -> BatchTime {
        BatchTime::from_micros(self.micros.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_is_a_multiple_and_not_later() {
        let period = Duration::from_millis(300);
        assert_eq!(
            BatchTime::from_millis(1000).floor(period),
            BatchTime::from_millis(900)
        );
        assert_eq!(
            BatchTime::from_millis(900).floor(period),
            BatchTime::from_millis(900)
        );
    }

    #[test]
    fn ceil_is_a_multiple_and_not_earlier() {
        let period = Duration::from_millis(300);
        for (ms, ceil) in [(1000, 1200), (900, 900), (0, 0), (1, 300)] {
            let time = BatchTime::from_millis(ms);
            assert_eq!(time.ceil(period), BatchTime::from_millis(ceil));
            assert_eq!(time.is_multiple_of(period), ms == ceil);
        }
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_shown() {
        assert_eq!(BatchTime::from_micros(1_000_100).to_string(), "1000.100 ms");
        assert_eq!(BatchTime::from_micros(1_000_100).stamp(), "1000-100");
        assert_eq!(BatchTime::from_millis(7).stamp(), "7");
    }
}
