//! When batches end.

use std::time::Duration;

use crate::metrics::BatchInfo;
use crate::rate::{FixedPoint, Lead};
use crate::time::{BatchEnds, BatchTime};

/// Says when the batch after another one ends.
///
/// Batches end at multiples of the *tick*, the interval that the job was given. Where the interval is
/// adapted, a batch covers several ticks; it does not reach over a time at which some window of the
/// pipeline may begin or end, so windows hold what they would hold otherwise.
#[derive(Debug)]
pub(super) struct Cadence {
    tick: Duration,
    zero: BatchTime,
    interval: Duration,
    pace: Pace,
    /// Where receivers read when the present batch ends.
    ends: BatchEnds,
}

/// How the interval is chosen.
#[derive(Debug)]
pub(super) enum Pace {
    /// It is the tick.
    Fixed,
    /// By a rule.
    Adaptive(FixedPoint),
    /// By someone who tries what the job can do.
    Led(Box<dyn Lead>),
}

impl Cadence {
    pub(super) fn new(tick: Duration, zero: BatchTime, pace: Pace, ends: BatchEnds) -> Self {
        Self {
            tick,
            zero,
            interval: tick,
            pace,
            ends,
        }
    }

    /// How long a batch is that nothing cuts short.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The end of the batch after the one that ends at `time`, which is told to the receivers. Windows
    /// begin and end at multiples of `grid` only, counted from the zero time.
    pub(super) fn after(&self, time: BatchTime, grid: Option<Duration>) -> BatchTime {
        let border = grid.map(|grid| border_after(time, self.zero, grid));
        let next = match border.map(|border| border.since(time)) {
            Some(left) if self.interval < left => time + self.even_part(left),
            Some(left) => time + left.max(self.tick),
            None => time + self.interval,
        };
        self.ends.tell(next);
        next
    }

    /// The first of as many parts of `left` as are not shorter than the interval.
    fn even_part(&self, left: Duration) -> Duration {
        let parts = left.as_nanos() / self.interval.as_nanos().max(1);
        let parts = u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        whole_ticks(left / parts, self.tick)
    }

    /// Chooses the interval of what comes after a batch that covered `batch.interval`.
    pub(super) fn adapt(&mut self, batch: &BatchInfo, grid: Option<Duration>) {
        let wanted = match &mut self.pace {
            Pace::Fixed => return,
            Pace::Adaptive(rule) => rule.next(batch.interval, batch.processing_time),
            Pace::Led(lead) => lead.next(batch, grid),
        };
        self.interval = whole_ticks(wanted, self.tick);
    }
}

/// The first time after `time` at which a window may begin or end.
fn border_after(time: BatchTime, zero: BatchTime, grid: Duration) -> BatchTime {
    let passed = time.since(zero).as_micros() / grid.as_micros().max(1);
    let passed = u32::try_from(passed).unwrap_or(u32::MAX - 1);
    zero + grid.saturating_mul(passed + 1)
}

/// So many ticks that they are not shorter.
fn whole_ticks(interval: Duration, tick: Duration) -> Duration {
    let ticks = interval.as_nanos().div_ceil(tick.as_nanos().max(1));
    tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::completed;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn adaptive() -> Cadence {
        let pace = Pace::Adaptive(FixedPoint::between(ms(100), ms(2_000)).unwrap());
        let zero = BatchTime::from_millis(50);
        Cadence::new(ms(100), zero, pace, BatchEnds::default())
    }

    /// The ends of the next batches, each of which takes so many milliseconds.
    fn ends(cadence: &mut Cadence, grid: Option<Duration>, processing: &[u64]) -> Vec<u64> {
        let mut time = BatchTime::from_millis(50);
        let mut ends = Vec::new();
        for processing in processing {
            let next = cadence.after(time, grid);
            let mut batch = completed(0, 0, *processing);
            batch.interval = next.since(time);
            cadence.adapt(&batch, grid);
            time = next;
            ends.push(time.as_millis());
        }
        ends
    }

    #[test]
    fn batches_are_as_long_as_they_take() {
        let ends = ends(&mut adaptive(), None, &[70, 700, 700, 70, 1]);
        assert_eq!(ends, [150, 250, 1_250, 2_250, 2_350]);
    }

    #[test]
    fn no_batch_reaches_over_the_border_of_a_window() {
        let mut cadence = adaptive();
        let ends = ends(&mut cadence, Some(ms(500)), &[560, 560, 150, 140, 0]);
        // Two parts that are not shorter than 300 ms do not fit; two of 200 ms and more do.
        assert_eq!(ends, [150, 550, 1_050, 1_550, 1_850]);
        assert_eq!(cadence.ends.told(), BatchTime::from_millis(1_850));
    }

    #[test]
    fn a_fixed_interval_stays() {
        let zero = BatchTime::from_millis(50);
        let mut cadence = Cadence::new(ms(100), zero, Pace::Fixed, BatchEnds::default());
        assert_eq!(ends(&mut cadence, Some(ms(300)), &[900, 900]), [150, 250]);
    }
}
