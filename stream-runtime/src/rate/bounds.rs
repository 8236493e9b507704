//! Which batch intervals a job can have.

use std::time::Duration;

/// The intervals that may be tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// All are multiples of this.
    pub(super) tick: Duration,
    pub(super) most: Duration,
    /// All divide this, if there is one: at its multiples windows begin and end.
    pub(super) grid: Option<Duration>,
}

impl Bounds {
    /// The longest interval.
    pub(super) fn most(self) -> Duration {
        match self.grid {
            Some(grid) => self.divisor_up_to(grid, self.most),
            None => self.whole_ticks(self.most),
        }
    }

    /// The shortest interval that is not shorter than `wanted`, or else the longest one. Without windows
    /// it has two digits.
    pub(super) fn at_least(self, wanted: Duration) -> Duration {
        let interval = match self.grid {
            Some(grid) => self.divisor_from(grid, wanted),
            None => self.whole_ticks(two_digits(wanted)),
        };
        interval.min(self.most())
    }

    /// As [`at_least`](Self::at_least), but shorter than `limit`, if there is such an interval.
    pub(super) fn below(self, wanted: Duration, limit: Duration) -> Option<Duration> {
        let interval = self.at_least(wanted);
        if interval < limit {
            return Some(interval);
        }
        let shorter = limit
            .checked_sub(self.tick)
            .filter(|left| *left >= self.tick)?;
        Some(match self.grid {
            Some(grid) => self.divisor_up_to(grid, shorter),
            None => shorter,
        })
    }

    /// So many ticks that they are not shorter.
    fn whole_ticks(self, wanted: Duration) -> Duration {
        let ticks = wanted.as_nanos().div_ceil(self.tick.as_nanos());
        self.tick
            .saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX).max(1))
    }

    /// The shortest divisor that is not shorter.
    fn divisor_from(self, grid: Duration, wanted: Duration) -> Duration {
        let (whole, wanted) = (self.ticks(grid), self.ticks(self.whole_ticks(wanted)));
        let parts = (1..=(whole / wanted).max(1))
            .rev()
            .find(|parts| whole % parts == 0);
        self.tick.saturating_mul(whole / parts.unwrap_or(1))
    }

    /// The longest divisor that is not longer.
    fn divisor_up_to(self, grid: Duration, limit: Duration) -> Duration {
        let (whole, limit) = (self.ticks(grid), self.ticks(limit).max(1));
        let parts = (whole.div_ceil(limit)..=whole).find(|parts| whole % parts == 0);
        self.tick.saturating_mul(whole / parts.unwrap_or(whole))
    }

    fn ticks(self, duration: Duration) -> u32 {
        let ticks = duration.as_nanos() / self.tick.as_nanos();
        u32::try_from(ticks).unwrap_or(u32::MAX).max(1)
    }
}

/// A duration, rounded up to two digits: `84ms` for 83.2 ms.
fn two_digits(duration: Duration) -> Duration {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let unit = 10u64.pow(micros.max(1).ilog10().saturating_sub(1));
    Duration::from_micros(micros.div_ceil(unit).saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn bounds(tick: u64, most: u64, grid: Option<u64>) -> Bounds {
        Bounds {
            tick: ms(tick),
            most: ms(most),
            grid: grid.map(ms),
        }
    }

    #[test]
    fn intervals_have_two_digits_and_are_whole_ticks() {
        let bounds = bounds(4, 1_003, None);
        for (wanted, expected) in [(1, 4), (83, 84), (121, 132), (499, 500), (9_000, 1_004)] {
            assert_eq!(bounds.at_least(ms(wanted)), ms(expected), "{wanted}");
        }
        assert_eq!(bounds.below(ms(95), ms(96)), Some(ms(92)));
        assert_eq!(bounds.below(ms(9), ms(96)), Some(ms(12)));
        assert_eq!(bounds.below(ms(1), ms(4)), None);
    }

    #[test]
    fn with_windows_they_are_divisors() {
        let bounds = bounds(2, 40, Some(60));
        let from = [1, 3, 7, 11, 13, 21, 31].map(|wanted| bounds.at_least(ms(wanted)));
        assert_eq!(from, [2, 4, 10, 12, 20, 30, 30].map(ms));
        assert_eq!(bounds.most(), ms(30));
        assert_eq!(bounds.below(ms(11), ms(12)), Some(ms(10)));
    }
}
