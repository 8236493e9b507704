//! Length and slide of a window.

use std::time::Duration;

use crate::time::BatchTime;

/// What a window holds, and where it can begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    length: Duration,
    /// The greatest common divisor of length and slide: windows begin and end at multiples of it.
    step: Duration,
    /// The first time at or after zero at which a window can end.
    first: BatchTime,
}

impl Extent {
    /// A window over the last `length`, put out every `slide` from `zero` on.
    ///
    /// Both are at least a microsecond: that they are multiples of the batch interval, which is, is
    /// checked before a window is used.
    pub(crate) fn new(length: Duration, slide: Duration, zero: BatchTime) -> Self {
        let step = greatest_common_divisor(length, slide).max(Duration::from_micros(1));
        Self {
            length: length.max(step),
            step,
            first: BatchTime::ZERO + zero.since(zero.floor(step)),
        }
    }

    /// The time of the latest batch that is no longer in the window that ends at `end`.
    pub(crate) fn left_by(self, end: BatchTime) -> BatchTime {
        end - self.length
    }

    /// The number of the step in which a batch is. What is in one step is in the same windows.
    pub(crate) fn step_of(self, time: BatchTime) -> u64 {
        let steps = time
            .since(self.first)
            .as_micros()
            .div_ceil(self.step.as_micros());
        steps as u64
    }

    /// How many steps the window is long.
    pub(crate) fn steps(self) -> u64 {
        (self.length.as_micros() / self.step.as_micros()) as u64
    }
}

fn greatest_common_divisor(a: Duration, b: Duration) -> Duration {
    let (mut long, mut short) = (a.as_micros(), b.as_micros());
    while short > 0 {
        (long, short) = (short, long % short);
    }
    Duration::from_micros(long as u64) // no longer than either
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(length: u64, slide: u64, zero: u64) -> Extent {
        let [length, slide] = [length, slide].map(Duration::from_secs);
        Extent::new(length, slide, at(zero))
    }

    fn at(seconds: u64) -> BatchTime {
        BatchTime::from_millis(seconds * 1_000)
    }

    #[test]
    fn no_window_begins_or_ends_inside_of_a_step() {
        let cases = [(30, 10, 10), (30, 20, 10), (2, 3, 1), (4, 6, 2), (5, 5, 5)];
        for (length, slide, step) in cases {
            let extent = seconds(length, slide, 60);
            assert_eq!(extent.step, Duration::from_secs(step));
            assert_eq!(extent.steps(), length / step);
            assert_eq!(extent.step_of(at(60)), 60 / step);
            let next = at(60) + Duration::from_micros(1);
            assert_eq!(extent.step_of(next), 60 / step + 1);
        }
    }

    #[test]
    fn steps_count_from_the_zero_of_the_job() {
        let extent = seconds(30, 10, 63);
        let steps = [63, 64, 73, 74].map(|time| extent.step_of(at(time)));
        assert_eq!(steps, [6, 7, 7, 8]);
        assert_eq!(extent.left_by(at(93)), at(63));
    }
}
