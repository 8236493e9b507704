//! Length and slide of a window.

use std::time::Duration;

use crate::time::BatchTime;

/// What a window holds, and when it is put out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    length: Duration,
    slide: Duration,
}

impl Extent {
    /// A window over the last `length`, put out every `slide`.
    ///
    /// Both are at least a microsecond: that they are multiples of the batch interval, which is, is
    /// checked before a job starts.
    pub(crate) fn new(length: Duration, slide: Duration) -> Self {
        let least = Duration::from_micros(1);
        Self {
            length: length.max(least),
            slide: slide.max(least),
        }
    }

    /// Whether the window is put out at `time`.
    pub(crate) fn slides_at(self, time: BatchTime) -> bool {
        time.is_multiple_of(self.slide)
    }

    /// The time at or before which a batch is no longer in the window that ends at `end`; none if
    /// the window reaches back to the beginning of time.
    pub(crate) fn left_by(self, end: BatchTime) -> Option<BatchTime> {
        let reaches = end.since(BatchTime::ZERO) >= self.length;
        reaches.then(|| end - self.length)
    }

    /// The end of the pane that the batch at `time` belongs to.
    pub(crate) fn pane_end(self, time: BatchTime) -> BatchTime {
        time.ceil(self.pane())
    }

    /// The number of the pane that ends at `end`.
    pub(crate) fn pane_number(self, end: BatchTime) -> u64 {
        (end.since(BatchTime::ZERO).as_micros() / self.pane().as_micros()) as u64
    }

    /// How many panes the window is long.
    pub(crate) fn panes(self) -> u64 {
        (self.length.as_micros() / self.pane().as_micros()) as u64
    }

    /// How long a pane is: the greatest common divisor of length and slide.
    fn pane(self) -> Duration {
        let (mut long, mut short) = (self.length.as_micros(), self.slide.as_micros());
        while short > 0 {
            (long, short) = (short, long % short);
        }
        Duration::from_micros(long as u64) // no longer than either
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(length: u64, slide: u64) -> Extent {
        Extent::new(Duration::from_secs(length), Duration::from_secs(slide))
    }

    fn at(seconds: u64) -> BatchTime {
        BatchTime::from_millis(seconds * 1_000)
    }

    #[test]
    fn no_window_begins_or_ends_inside_of_a_pane() {
        for (length, slide, pane) in [(30, 10, 10), (30, 20, 10), (2, 3, 1), (4, 6, 2), (5, 5, 5)] {
            let extent = seconds(length, slide);
            assert_eq!(extent.pane(), Duration::from_secs(pane));
            assert_eq!(extent.panes(), length / pane);
            assert_eq!(extent.pane_end(at(60)), at(60));
            assert_eq!(extent.pane_end(at(60) + Duration::from_micros(1)), at(60 + pane));
            assert_eq!(extent.pane_number(at(60)), 60 / pane);
        }
    }

    #[test]
    fn the_first_windows_are_partial() {
        let extent = seconds(30, 10);
        assert_eq!(extent.left_by(at(20)), None);
        assert_eq!(extent.left_by(at(30)), Some(at(0)));
        assert_eq!(extent.left_by(at(40)), Some(at(10)));
        assert!(extent.slides_at(at(40)) && !extent.slides_at(at(45)));
    }
}
