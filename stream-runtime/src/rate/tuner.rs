//! Looks for the smallest batch interval with which a job keeps up.

use std::time::Duration;

use super::bounds::Bounds;
use super::trial::{Measure, Sample, Trial, Verdict};

/// The part of an interval at which a guess aims. It is below what a stable interval may have, so that
/// a guess is mostly right.
const LOAD: f64 = 0.8;
/// Between the smallest interval that is stable and the largest that is not, this is near enough.
const NEAR: f64 = 1.3;
/// By how much less the smallest stable interval so far is tried, when nothing better is known.
const STEP: f64 = 1.25;
/// When a trial shorter than this falls behind, it may be that the machine had other things to do.
const DOUBTFUL: Duration = Duration::from_secs(5);
/// More intervals than that are not tried.
const TRIALS_MAX: usize = 16;

/// Chooses batch intervals, one after the other, until the smallest stable one is known.
///
/// It begins with a long interval. A batch of the length `x` takes the time `p(x)`, which for most jobs
/// is about `a + c·x`: so much for the batch, and so much for the records of each second. If the job
/// keeps up with `x`, it also does with `p(x)`, as long as shorter batches take no longer; so the second
/// guess is made from one trial, the others from two, and while the job keeps up nothing queues. What
/// the line does not foresee is found by halving.
#[derive(Debug)]
pub(crate) struct Tuner {
    bounds: Bounds,
    measure: Measure,
    trials: Vec<Trial>,
    /// The present interval has fallen behind once.
    is_doubted: bool,
    is_done: bool,
}

impl Tuner {
    /// Begins with `first`, and tries multiples of `tick` up to `most`.
    pub(crate) fn new(tick: Duration, first: Duration, most: Duration) -> Self {
        let bounds = Bounds {
            tick,
            most: most.max(tick),
            grid: None,
        };
        Self {
            bounds,
            measure: Measure::of(bounds.at_least(first)),
            trials: Vec::new(),
            is_doubted: false,
            is_done: false,
        }
    }

    /// The interval that is tried now, or at the end the one that was found.
    pub(crate) fn interval(&self) -> Duration {
        match self.stable() {
            Some(stable) if self.is_done => stable.interval,
            _ => self.measure.interval,
        }
    }

    /// What was tried so far, in its order.
    pub(crate) fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Whether there is nothing more to try.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Looks at a batch. Windows begin and end at multiples of `grid`, if there are any.
    pub(crate) fn look(&mut self, sample: Sample, grid: Option<Duration>) {
        if grid != self.bounds.grid {
            self.bounds.grid = grid;
            self.measure = Measure::of(self.bounds.at_least(self.interval()));
        }
        if self.is_done {
            return;
        }
        let Some(trial) = self.measure.look(sample) else {
            return;
        };
        self.is_doubted = !self.is_doubted && is_doubtful(&trial);
        if self.is_doubted {
            self.measure = Measure::of(trial.interval);
            return;
        }
        tracing::info!(interval = ?trial.interval, verdict = ?trial.verdict, "tried a batch interval");
        self.trials.push(trial);
        match self.choose() {
            Some(next) => self.measure = Measure::of(next),
            None => self.is_done = true,
        }
    }

    /// The smallest interval that was stable.
    pub(crate) fn stable(&self) -> Option<&Trial> {
        let stable = |trial: &&Trial| trial.verdict == Verdict::Stable;
        let trials = self.trials.iter().filter(stable);
        trials.min_by_key(|trial| trial.interval)
    }

    /// The largest interval that was not, below the stable ones.
    pub(crate) fn behind(&self) -> Option<&Trial> {
        let stable = self.stable().map(|trial| trial.interval);
        let trials = self.trials.iter().filter(|trial| {
            let is_below = stable.is_none_or(|stable| trial.interval < stable);
            trial.verdict == Verdict::FallsBehind && is_below
        });
        trials.max_by_key(|trial| trial.interval)
    }

    /// Whether not even the longest interval is stable.
    pub(crate) fn is_unsustainable(&self) -> bool {
        let most = self.bounds.most();
        self.stable().is_none() && self.behind().is_some_and(|trial| trial.interval >= most)
    }

    /// The interval to try next, if one has to be.
    fn choose(&self) -> Option<Duration> {
        if self.trials.len() >= TRIALS_MAX {
            return None;
        }
        match (self.stable(), self.behind()) {
            (Some(stable), None) => self.shorter(stable),
            (Some(stable), Some(behind)) => self.between(behind.interval, stable.interval),
            (None, Some(behind)) => self.longer(behind),
            (None, None) => None,
        }
    }

    /// All were stable: the interval that the line foresees, and where that is no less, a step.
    fn shorter(&self, stable: &Trial) -> Option<Duration> {
        let step = stable.interval.div_f64(STEP);
        let next = self.guess().map_or(step, |guess| guess.min(step));
        self.bounds.below(next, stable.interval)
    }

    /// Something in between, unless they are near.
    fn between(&self, behind: Duration, stable: Duration) -> Option<Duration> {
        let (low, high) = (behind.as_secs_f64(), stable.as_secs_f64());
        if high <= NEAR * low {
            return None;
        }
        let middle = Duration::from_secs_f64((low * high).sqrt());
        let inside =
            |guess: &Duration| *guess > behind.mul_f64(1.1) && *guess < stable.div_f64(1.1);
        let next = self.guess().filter(inside).unwrap_or(middle);
        let next = self.bounds.below(next, stable)?;
        (next > behind).then_some(next)
    }

    /// None was stable: what the line foresees, or much more.
    fn longer(&self, behind: &Trial) -> Option<Duration> {
        let most = self.bounds.most();
        let twice = behind.interval.saturating_mul(2);
        let next = match self.guess() {
            Some(guess) => self.bounds.at_least(guess.max(twice)),
            None => most,
        };
        (behind.interval < most).then_some(next)
    }

    /// Where a batch takes the time that it should, if batches are on the line through the two shortest
    /// that were tried; none if there is no such interval.
    fn guess(&self) -> Option<Duration> {
        let mut points: Vec<(f64, f64)> = self.trials.iter().map(point).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        let each = match points[..] {
            [(x, p), (longer, more), ..] if longer > x => ((more - p) / (longer - x)).max(0.0),
            _ => 0.0,
        };
        let (x, p) = *points.first()?;
        let fixed = (p - each * x).max(0.0);
        let seconds = fixed / (LOAD - each);
        (each < LOAD).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

/// Whether it should be tried once more before it is believed.
fn is_doubtful(trial: &Trial) -> bool {
    let time = trial.interval.max(trial.processing_time);
    let time = time.mul_f64(trial.batches as f64);
    trial.verdict == Verdict::FallsBehind && time < DOUBTFUL
}

fn point(trial: &Trial) -> (f64, f64) {
    let (interval, time) = (trial.interval, trial.processing_time);
    (interval.as_secs_f64(), time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How long a batch takes, in seconds, by its interval.
    type Cost = fn(f64) -> f64;

    /// Tunes a job whose batches cost so much, from 5 s on, with intervals up to a minute.
    fn tuned(mut cost: impl FnMut(f64) -> f64, grid: Option<Duration>) -> Tuner {
        let mut tuner = Tuner::new(ms(1), ms(5_000), ms(60_000));
        let mut late = Duration::ZERO;
        for _ in 0..100_000 {
            if tuner.is_done() {
                return tuner;
            }
            let interval = tuner.interval();
            let busy = Duration::from_secs_f64(cost(interval.as_secs_f64()));
            let sample = Sample {
                interval,
                records: (1_000.0 * interval.as_secs_f64()) as u64,
                busy,
                scheduling_delay: late,
                total_delay: late + busy,
            };
            late = (late + busy).saturating_sub(interval);
            tuner.look(sample, grid);
        }
        panic!("it goes on for ever: {:?}", tuner.trials);
    }

    /// The shortest interval that can be kept up with, of all milliseconds.
    fn exhaustive(cost: Cost) -> Duration {
        let stable = (1u32..60_000).find(|x| cost(f64::from(*x) / 1e3) <= f64::from(*x) / 1e3);
        ms(stable.unwrap().into())
    }

    #[test]
    fn it_finds_the_shortest_interval_that_is_stable() {
        let costs: [Cost; 6] = [
            |x| 0.04 + 0.3 * x,
            |x| 0.005 + 0.6 * x,
            |x| 0.0002 + 0.02 * x,
            // Batches grow dearer, as when a sort is most of it, or cheaper, as when keys repeat.
            |x| 0.01 + 0.1 * x + 0.05 * x * x.ln_1p(),
            |x| 0.3 * x.powf(0.6),
            // The first interval is too short.
            |x| 7.0 + 0.2 * x,
        ];
        for (at, cost) in costs.into_iter().enumerate() {
            let (tuner, least) = (tuned(cost, None), exhaustive(cost));
            let found = tuner.stable().unwrap().interval;
            assert!(
                (least..=2 * least).contains(&found),
                "cost {at}: {found:?} instead of {least:?}: {:?}",
                tuner.trials
            );
            assert!(tuner.trials.len() <= 9, "cost {at}: {:?}", tuner.trials);
        }
    }

    #[test]
    fn while_a_job_keeps_up_nothing_queues() {
        let tuner = tuned(|x| 0.04 + 0.3 * x, None);
        let behind = tuner
            .trials
            .iter()
            .filter(|trial| trial.verdict == Verdict::FallsBehind);
        assert_eq!(behind.count(), 1, "the last one: {:?}", tuner.trials);
    }

    #[test]
    fn what_falls_behind_for_once_is_tried_again() {
        let cost: Cost = |x| 0.04 + 0.3 * x;
        let mut short = 0;
        let disturbed = |x| {
            short += u32::from(x < 0.5);
            let is_disturbed = (1..=6).contains(&short);
            cost(x) + if is_disturbed { x } else { 0.0 }
        };
        let (found, expected) = (tuned(disturbed, None), tuned(cost, None));
        let interval = |tuner: &Tuner| tuner.stable().unwrap().interval;
        assert_eq!(interval(&found), interval(&expected), "{:?}", found.trials);
        assert!(short > 6);
    }

    #[test]
    fn what_cannot_be_sustained_is_tried_with_the_longest_interval() {
        for cost in [|x| 1.5 * x, |x| 0.1 + 0.95 * x, |_| 70.0] {
            let tuner = tuned(cost, None);
            assert!(tuner.is_unsustainable(), "{:?}", tuner.trials);
            assert!(tuner.trials.len() <= 5, "{:?}", tuner.trials);
        }
        assert!(!tuned(|x| 7.0 + 0.2 * x, None).is_unsustainable());
    }

    #[test]
    fn with_windows_it_is_a_divisor_of_their_grid() {
        for (grid, cost, expected) in [
            (1_000, (|x| 0.04 + 0.3 * x) as Cost, 100),
            (7, |x| 0.002 + 0.1 * x, 7),
            (1_000, |x| 0.0001 + 0.01 * x, 1),
        ] {
            let tuner = tuned(cost, Some(ms(grid)));
            assert_eq!(
                tuner.stable().unwrap().interval,
                ms(expected),
                "{:?}",
                tuner.trials
            );
        }
        let tuner = tuned(|x| 0.7 + 0.5 * x, Some(ms(1_000)));
        assert!(
            tuner.is_unsustainable(),
            "windows need batches of a second: {:?}",
            tuner.trials
        );
    }
}
