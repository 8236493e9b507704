//! Finds the batch interval that a job should have, by running it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Signal;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::metrics::BatchInfo;
use crate::rate::{Lead, Sample, Trial, Tuner};

use crate::time::BatchTime;

/// The first interval that is tried, if the pipeline's own is not longer: one of which Spark's guide
/// says that it is conservative.
const FIRST: Duration = Duration::from_secs(5);
/// Intervals are multiples of this, or of the pipeline's own if that is none.
const TICK: Duration = Duration::from_millis(1);

/// What [`Job::tune`] has found out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tuning {
    /// The intervals that were tried, in their order.
    pub trials: Vec<Trial>,
    /// What follows from them.
    pub advice: Advice,
}

/// What to do about a batch interval.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Advice {
    /// Take this one: it is stable, and one that is shorter by a quarter is not, or is not possible.
    Take(Duration),
    /// Not even the longest interval is stable, at these rates in records a second.
    Unsustainable {
        /// What came in.
        incoming: f64,
        /// What the job can process.
        capacity: f64,
    },
    /// The job ended too early to tell.
    Unfinished {
        /// The shortest interval that was found stable.
        stable: Option<Duration>,
    },
}

impl Job {
    /// Runs the job to find its smallest stable batch interval at the rate at which records come in
    /// now, up to `longest`, and ends it when that is known. It begins with an interval of five
    /// seconds, or the pipeline's own if that is longer, which it judges after some half a minute, and
    /// goes down from there.
    ///
    /// An interval is stable when the delay of batches is comparable to it and does not grow: half of
    /// them are done within the length of an interval from when they were due, and they take at most
    /// nine tenths of it on average, input included. Where there are windows, the interval divides
    /// their lengths and slides. It is a multiple of a millisecond, or of the pipeline's own interval if
    /// that is none.
    ///
    /// The job does its work meanwhile: what comes in is consumed, outputs are run, and a checkpoint is
    /// kept. A rate control or an adaptive interval is off.
    ///
    /// # Examples
    ///
    /// On a clock that the pipeline moves itself, a batch takes 10 ms and two tenths of its interval.
    /// With 14.3 ms it takes nine tenths:
    ///
    /// ```
    /// use std::time::Duration;
    /// use stream_runtime::prelude::*;
    /// use stream_runtime::{Advice, Clock, ManualClock, Signal};
    ///
    /// stream!(
    ///     fn busy(numbers: Stream<u64>, clock: ManualClock) {
    ///         numbers.for_each_batch(|numbers, _| {
    ///             clock.advance(Duration::from_micros(10_000 + 200 * numbers.count()));
    ///         });
    ///     }
    /// );
    ///
    /// /// Who waits for this clock moves it.
    /// #[derive(Debug)]
    /// struct Leaping(ManualClock);
    ///
    /// impl Clock for Leaping {
    ///     fn now(&self) -> BatchTime {
    ///         self.0.now()
    ///     }
    ///     fn wait_until(&self, deadline: BatchTime, _: &Signal) {
    ///         self.0.advance(deadline.since(self.now()));
    ///     }
    /// }
    ///
    /// let clock = ManualClock::new();
    /// let numbers = generator(1_000, |_, at| at);
    /// let job = busy(numbers, clock.clone()).clock(Leaping(clock)).threads(1);
    /// let tuning = job.tune(Duration::from_secs(60))?;
    /// let Advice::Take(interval) = tuning.advice else { panic!("{tuning:?}") };
    /// assert!((15..=18).contains(&interval.as_millis()), "{tuning:?}");
    /// # Ok::<(), stream_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), and when the batches of the inputs do not wait for the clock.
    pub fn tune(mut self, longest: Duration) -> Result<Tuning> {
        if self.inputs.iter().all(|input| input.is_at_rest()) {
            return Err(Error::Config(
                "the records of this job are there already, so its batches do not wait and no interval is better than another: tune it with inputs that receive"
                    .to_owned(),
            ));
        }
        let settings = &mut self.settings;
        let own = settings.batch_interval;
        settings.batch_interval = tick(own);
        (settings.rates, settings.longest_interval) = (None, None);
        let tuner = Tuner::new(settings.batch_interval, FIRST.max(own), longest);
        let tuner = Arc::new(Mutex::new(tuner));
        settings.lead = Some(Box::new(Tuned {
            tuner: Arc::clone(&tuner),
            stop: settings.stop.clone(),
            free: BatchTime::ZERO,
        }));
        self.run()?;
        let tuner = tuner.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Tuning::of(&tuner))
    }
}

/// The longest step in which both the pipeline's own interval and others can be told.
fn tick(own: Duration) -> Duration {
    match own.as_nanos().is_multiple_of(TICK.as_nanos()) {
        true => TICK,
        false => own,
    }
}

impl Tuning {
    fn of(tuner: &Tuner) -> Self {
        let stable = tuner.stable().map(|trial| trial.interval);
        let advice = match (stable, tuner.behind()) {
            (Some(interval), _) if tuner.is_done() => Advice::Take(interval),
            (None, Some(behind)) if tuner.is_unsustainable() => Advice::Unsustainable {
                incoming: behind.incoming(),
                capacity: behind.capacity(),
            },
            _ => Advice::Unfinished { stable },
        };
        Self {
            trials: tuner.trials().to_vec(),
            advice,
        }
    }

    /// The trial of the shortest interval that was stable.
    pub fn stable(&self) -> Option<&Trial> {
        let interval = match self.advice {
            Advice::Take(interval) => Some(interval),
            Advice::Unfinished { stable } => stable,
            Advice::Unsustainable { .. } => None,
        };
        let mut trials = self.trials.iter();
        trials.find(|trial| Some(trial.interval) == interval)
    }
}

/// Leads the batch interval of a job that is tuned.
#[derive(Debug)]
struct Tuned {
    tuner: Arc<Mutex<Tuner>>,
    stop: Signal,
    /// Since when the driver had nothing to do but the next batch.
    free: BatchTime,
}

impl Lead for Tuned {
    fn next(&mut self, batch: &BatchInfo, grid: Option<Duration>) -> Duration {
        let since = std::mem::replace(&mut self.free, batch.ended).max(batch.time);
        let sample = Sample {
            interval: batch.interval,
            records: batch.records,
            busy: batch.ended.since(since),
            scheduling_delay: batch.scheduling_delay,
            total_delay: batch.total_delay(),
        };
        let mut tuner = self.tuner.lock().unwrap_or_else(PoisonError::into_inner);
        tuner.look(sample, grid);
        if tuner.is_done() {
            self.stop.raise();
        }
        tuner.interval()
    }
}
