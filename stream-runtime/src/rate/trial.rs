//! One batch interval, tried for as long as it takes to judge it.

use std::time::Duration;

use crate::metrics::per_second;

/// The part of an interval that its batches may take on average. Above it nothing is left for a batch
/// that is larger than others.
const LOAD_MAX: f64 = 0.9;
/// So many batches are looked at, or, where they take longer than their interval, so many.
const BATCHES_MIN: u64 = 5;
const LATE_BATCHES_MIN: u64 = 3;
/// They are looked at for no shorter than this, so that short ones are many.
const TIME_MIN: Duration = Duration::from_secs(1);

/// What came of a batch interval that was tried.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trial {
    /// The interval.
    pub interval: Duration,
    /// How many batches were looked at.
    pub batches: u64,
    /// How many records came in them.
    pub records: u64,
    /// The mean time that the job was busy with a batch: reading its input, and processing it.
    pub processing_time: Duration,
    /// The median of the batches' total delays.
    pub total_delay: Duration,
    /// Whether the job kept up.
    pub verdict: Verdict,
}

/// Whether a job keeps up with what comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Most batches were done before the next one was due, and they took at most nine tenths of their
    /// interval on average: the delay is comparable to the interval, and does not grow.
    Stable,
    /// It does not keep up, or with nothing to spare.
    FallsBehind,
}

impl Trial {
    /// How many records came in a second.
    pub fn incoming(&self) -> f64 {
        let covered = self.interval.as_secs_f64() * self.batches as f64;
        per_second(self.records, Duration::from_secs_f64(covered))
    }

    /// How many records a second the job can process with batches of this interval.
    pub fn capacity(&self) -> f64 {
        let busy = self.processing_time.as_secs_f64() * self.batches as f64;
        per_second(self.records, Duration::from_secs_f64(busy))
    }

    /// The part of the interval that a batch takes.
    pub fn load(&self) -> f64 {
        self.processing_time.as_secs_f64() / self.interval.as_secs_f64()
    }
}

/// What is told of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// How long it was.
    pub(crate) interval: Duration,
    pub(crate) records: u64,
    /// For how long the job was busy with it alone.
    pub(crate) busy: Duration,
    pub(crate) scheduling_delay: Duration,
    pub(crate) total_delay: Duration,
}

/// A trial under way.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) interval: Duration,
    /// The first batch of another length finds caches and buffers of the wrong size.
    is_warm: bool,
    /// What was left by the interval before is worked off.
    is_drained: bool,
    samples: Vec<Sample>,
}

impl Measure {
    pub(super) fn of(interval: Duration) -> Self {
        Self {
            interval,
            is_warm: false,
            is_drained: false,
            samples: Vec::new(),
        }
    }

    /// Looks at a batch; the trial, if that was enough. Batches of another length, which were begun
    /// before this interval was or are cut by a window, are not looked at.
    ///
    /// It ends: as long as batches take less than their interval, what waits is worked off, and when
    /// they take more, that is known after a few.
    pub(super) fn look(&mut self, sample: Sample) -> Option<Trial> {
        if sample.interval != self.interval || !std::mem::replace(&mut self.is_warm, true) {
            return None;
        }
        if !self.is_drained && sample.scheduling_delay < self.interval {
            self.is_drained = true;
            self.samples.clear();
        }
        self.samples.push(sample);
        match self.is_enough() {
            true => self.judge(),
            false => None,
        }
    }

    fn is_enough(&self) -> bool {
        let batches = self.samples.len() as u64;
        let needed = match self.load() > 1.0 {
            true => LATE_BATCHES_MIN,
            false => BATCHES_MIN,
        };
        let each = self.interval.max(self.busy());
        batches >= needed && each.as_secs_f64() * batches as f64 >= TIME_MIN.as_secs_f64()
    }

    /// The verdict; none as long as something waits that may be worked off.
    fn judge(&self) -> Option<Trial> {
        let total_delay = median(self.samples.iter().map(|sample| sample.total_delay));
        let verdict = match self.load() > LOAD_MAX {
            true => Verdict::FallsBehind,
            false if !self.is_drained => return None,
            false if total_delay > self.interval => Verdict::FallsBehind,
            false => Verdict::Stable,
        };
        Some(Trial {
            interval: self.interval,
            batches: self.samples.len() as u64,
            records: self.samples.iter().map(|sample| sample.records).sum(),
            processing_time: self.busy(),
            total_delay,
            verdict,
        })
    }

    /// The part of the interval that a batch takes.
    fn load(&self) -> f64 {
        self.busy().as_secs_f64() / self.interval.as_secs_f64()
    }

    /// The mean time that a batch takes.
    fn busy(&self) -> Duration {
        let sum: Duration = self.samples.iter().map(|sample| sample.busy).sum();
        sum.div_f64(self.samples.len().max(1) as f64)
    }
}

/// The middle one; zero of nothing.
fn median(durations: impl Iterator<Item = Duration>) -> Duration {
    let mut durations: Vec<Duration> = durations.collect();
    durations.sort_unstable();
    let middle = durations.len() / 2;
    durations.get(middle).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A trial of an interval of 500 ms whose batches take so long, with a backlog to begin with; and
    /// how many batches it took.
    fn tried(backlog: u64, busy: impl Fn(u64) -> u64) -> (u64, Trial) {
        let mut measure = Measure::of(ms(500));
        let mut late = backlog;
        for batch in 0..1_000 {
            let sample = Sample {
                interval: ms(500),
                records: 50,
                busy: ms(busy(batch)),
                scheduling_delay: ms(late),
                total_delay: ms(late + busy(batch)),
            };
            late = (late + busy(batch)).saturating_sub(500);
            if let Some(trial) = measure.look(sample) {
                return (batch + 1, trial);
            }
        }
        panic!("no verdict: {measure:?}");
    }

    #[test]
    fn an_interval_is_stable_when_its_batches_are_done_in_time_with_something_to_spare() {
        for (busy, expected) in [
            (10, Verdict::Stable),
            (440, Verdict::Stable),
            (460, Verdict::FallsBehind),
            (490, Verdict::FallsBehind),
        ] {
            let (batches, trial) = tried(0, |_| busy);
            assert_eq!((batches, trial.batches, trial.verdict), (6, 5, expected));
            assert_eq!(trial.processing_time, ms(busy));
            assert_eq!(trial.total_delay, ms(busy));
        }
    }

    #[test]
    fn one_slow_batch_says_little() {
        let (_, trial) = tried(0, |batch| if batch == 2 { 900 } else { 200 });
        assert_eq!(trial.verdict, Verdict::Stable);
        let (batches, trial) = tried(0, |batch| if batch == 0 { 499 } else { 1 });
        assert_eq!((batches, trial.processing_time), (6, ms(1)));
    }

    #[test]
    fn what_is_hopeless_is_not_looked_at_for_long() {
        for busy in [520, 1_500, 9_000] {
            let (batches, trial) = tried(0, |_| busy);
            assert_eq!((batches, trial.verdict), (4, Verdict::FallsBehind));
        }
    }

    #[test]
    fn what_was_left_is_worked_off_first() {
        let (batches, trial) = tried(5_000, |_| 300);
        assert!(batches > 24, "{batches} batches work off 200 ms each");
        assert_eq!(trial.verdict, Verdict::Stable);
        assert!(trial.total_delay < ms(800), "{trial:?}");
        let (batches, trial) = tried(5_000, |_| 480);
        assert_eq!((batches, trial.verdict), (6, Verdict::FallsBehind));
    }

    #[test]
    fn a_trial_knows_rates() {
        let (_, trial) = tried(0, |_| 250);
        assert_eq!((trial.incoming(), trial.capacity()), (100.0, 200.0));
        assert_eq!(trial.load(), 0.5);
    }
}
