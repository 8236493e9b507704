//! A job: a pipeline with its inputs and sinks, ready to run.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::accumulator::Saved;
use crate::clock::{Clock, Signal, SystemClock};
use crate::context::BatchContext;
use crate::dead_letters::{DeadLetter, TakeDeadLetters};
use crate::engine::Engine;
use crate::error::{Error, Failure, Result};
use crate::input::AnyInput;
use crate::listener::{Listener, Listeners, OnBatch};
use crate::metrics::BatchInfo;
use crate::plan::{Format, Plan};
use crate::progress::Progress;
use crate::rate::{Lead, Pid, RateSettings};
use crate::state::StateChange;
use crate::storage::Storage;

/// The batch interval of a pipeline without `#[batch(..)]`.
const BATCH_INTERVAL: Duration = Duration::from_secs(1);

/// More threads than any machine has cores are a slip of the finger.
pub(crate) const THREADS_MAX: usize = 4_096;

/// Each shuffle makes partitions × partitions buckets a batch.
pub(crate) const PARTITIONS_MAX: usize = crate::key::KEY_GROUPS as usize;

/// A pipeline with its inputs and sinks.
///
/// The function that [`stream!`](crate::stream) makes returns one. [`run`](Self::run) runs it here
/// and now; a binary hands it to the [`Launcher`](crate::Launcher) instead, which adds a command
/// line, signals and a status line.
#[must_use = "a job does nothing until it is run"]
pub struct Job {
    pub(crate) plan: &'static Plan,
    pub(crate) package: (&'static str, &'static str),
    pub(crate) settings: Settings,
    pub(crate) inputs: Vec<Box<dyn AnyInput>>,
    pub(crate) accumulators: Vec<Box<dyn Saved>>,
    pub(crate) batch: Box<BatchFn>,
}

/// The generated function: all stages and outputs of one batch.
pub(crate) type BatchFn = dyn FnMut(&BatchContext<'_>) -> Result<(), Failure> + Send;

/// How a job runs.
pub(crate) struct Settings {
    pub(crate) batch_interval: Duration,
    pub(crate) partitions: Option<usize>,
    pub(crate) threads: usize,
    pub(crate) max_batches: Option<u64>,
    pub(crate) duration: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) retry_delay: Duration,
    pub(crate) checkpoint: Option<Arc<dyn Storage>>,
    pub(crate) checkpoint_every: Option<Duration>,
    pub(crate) state_changes: Vec<(String, StateChange)>,
    pub(crate) journal_inline: bool,
    pub(crate) fresh: bool,
    pub(crate) catch_up: CatchUp,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) engine: Option<Box<dyn Engine>>,
    pub(crate) console: Option<Box<dyn io::Write + Send>>,
    pub(crate) stop: Signal,
    pub(crate) longest_interval: Option<Duration>,
    pub(crate) lead: Option<Box<dyn Lead>>,
    pub(crate) rates: Option<RateSettings>,
    pub(crate) stop_within: Option<Duration>,
    pub(crate) dead_letters: Option<TakeDeadLetters>,
    pub(crate) listeners: Listeners,
    pub(crate) progress: Progress,
}

/// What becomes of the batches that fell due while a job with a checkpoint was not running.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatchUp {
    /// Each is run, one after the other, as Spark does: windows and time-outs come out as if the job
    /// had never stopped. What came in meanwhile belongs to the first of them.
    #[default]
    Every,
    /// None is run: the next batch is the one that falls due next, and takes what came in meanwhile.
    Skip,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_interval: BATCH_INTERVAL,
            partitions: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            max_batches: None,
            duration: None,
            attempts: 1,
            retry_delay: Duration::ZERO,
            checkpoint: None,
            checkpoint_every: None,
            state_changes: Vec::new(),
            journal_inline: false,
            fresh: false,
            catch_up: CatchUp::default(),
            clock: Arc::new(SystemClock::new()),
            engine: None,
            console: None,
            stop: Signal::new(),
            longest_interval: None,
            lead: None,
            rates: None,
            stop_within: None,
            dead_letters: None,
            listeners: Listeners::default(),
            progress: Progress::default(),
        }
    }
}

impl Job {
    /// For generated code.
    #[doc(hidden)]
    pub fn new(
        plan: &'static Plan,
        package: (&'static str, &'static str),
        inputs: Vec<Box<dyn AnyInput>>,
        batch: impl FnMut(&BatchContext<'_>) -> Result<(), Failure> + Send + 'static,
    ) -> Self {
        Self {
            plan,
            package,
            settings: Settings::default(),
            inputs,
            accumulators: Vec::new(),
            batch: Box::new(batch),
        }
    }

    /// For generated code: the parameters that may be accumulators.
    #[doc(hidden)]
    pub fn sharing(mut self, shared: Vec<Option<Box<dyn Saved>>>) -> Self {
        self.accumulators = shared.into_iter().flatten().collect();
        self
    }

    /// The batch interval, instead of the one in `#[batch(..)]`; one second without either.
    pub fn batch_interval(mut self, interval: Duration) -> Self {
        self.settings.batch_interval = interval;
        self
    }

    /// Adapts the batch interval to what comes in, between the [`batch_interval`](Self::batch_interval)
    /// and `longest`, by the rule of [`FixedPoint`](crate::rate::FixedPoint): batches are as short as the job keeps up with, and
    /// grow when more comes than short ones can take. The interval is always a multiple of the shortest
    /// one, and no batch reaches over the beginning or the end of a window, so windows and states hold
    /// what they would hold otherwise.
    ///
    /// It is the control for inputs that must not be slowed down; what limits them is
    /// [`rate_control`](Self::rate_control), and only one of the two works at a time.
    ///
    /// # Errors
    ///
    /// When `longest` is shorter than the batch interval, which is found when the job is run.
    pub fn adaptive_interval(mut self, longest: Duration) -> Self {
        self.settings.longest_interval = Some(longest);
        self
    }

    /// Limits the rate of each input to what the job has shown that it can take: Spark's
    /// back-pressure, by the estimator that `pid` sets up. Inputs that are limited make their sources
    /// wait. Before the first estimate a rate is unlimited, but for what an input itself sets, or
    /// [`initial_rate`](Self::initial_rate).
    pub fn rate_control(mut self, pid: Pid) -> Self {
        let initial = self.settings.rates.and_then(|rates| rates.initial);
        self.settings.rates = Some(RateSettings { pid, initial });
        self
    }

    /// How many records a second each input may give before the first estimate of the
    /// [`rate_control`](Self::rate_control), which this turns on if it is not: Spark's
    /// `backpressure.initialRate`.
    pub fn initial_rate(mut self, records_per_second: f64) -> Self {
        let pid = self
            .settings
            .rates
            .map_or_else(Pid::default, |rates| rates.pid);
        self.settings.rates = Some(RateSettings {
            pid,
            initial: Some(records_per_second),
        });
        self
    }

    /// Into how many partitions a shuffle deals its records, instead of what `#[partitions(..)]`
    /// says; as many as there are threads without either.
    pub fn partitions(mut self, partitions: usize) -> Self {
        self.settings.partitions = Some(partitions);
        self
    }

    /// How many threads run the stages; as many as there are cores by default.
    pub fn threads(mut self, threads: usize) -> Self {
        self.settings.threads = threads;
        self
    }

    /// Ends the job after this many batches.
    pub fn max_batches(mut self, batches: u64) -> Self {
        self.settings.max_batches = Some(batches);
        self
    }

    /// Ends the job, gracefully, after this time on its clock: a last batch takes what came in
    /// since the one before.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.settings.duration = Some(duration);
        self
    }

    /// How often a batch is tried before the job fails; once by default. What a failed attempt
    /// added to accumulators is forgotten.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.settings.attempts = attempts.max(1);
        self
    }

    /// How long to wait before a batch that failed is tried again; not at all by default. The delay
    /// doubles with each failure of the same batch, up to half a minute: a database that is away comes
    /// back, and is not asked a thousand times meanwhile. When the job is stopped, the batch is tried
    /// once more at once.
    pub fn retry_delay(mut self, first: Duration) -> Self {
        self.settings.retry_delay = first;
        self
    }

    /// Puts records aside that make a batch fail, instead of ending the job: when a function of the
    /// pipeline panics in the last of its [`attempts`](Self::attempts), the batch is run with parts of
    /// its records until those are found without which it does not fail. The others go on, and `take`
    /// is given the dead ones; they are out of the batch for good when it returns.
    ///
    /// The job ends all the same when an output fails, when no record is to blame alone, and when more
    /// than a hundred records of a batch are bad. A batch that is run again after a crash gives the
    /// same dead letters again, with the same time.
    ///
    /// Cost: nothing as long as no batch fails. One that does is run some `2 × log₂(records)` times for
    /// each bad record, mostly with few of its records; each time, what the operators keep is rolled
    /// back, which reads the checkpoint. Without one the job keeps a journal in memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use stream_runtime::prelude::*;
    /// use stream_runtime::testing::{TestRun, collect};
    ///
    /// stream!(
    ///     fn ratios(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.map(|x| 100 / x).to(out);
    ///     }
    /// );
    ///
    /// let (out, collected) = collect();
    /// let dead = Arc::new(Mutex::new(Vec::new()));
    /// let taken = Arc::clone(&dead);
    /// let job = ratios(queue([vec![5, 0, 10], vec![1]]), out).dead_letters(move |letters| {
    ///     let places = letters.iter().map(|letter| (letter.time.as_millis(), letter.at));
    ///     taken.lock().unwrap().extend(places);
    ///     Ok(())
    /// });
    /// TestRun::new().job(job, 2)?;
    /// assert_eq!(collected.rows(), [vec![20, 10], vec![100]]);
    /// assert_eq!(*dead.lock().unwrap(), [(1000, 1)]);
    /// # Ok::<(), stream_runtime::Error>(())
    /// ```
    pub fn dead_letters(
        mut self,
        take: impl FnMut(&[DeadLetter]) -> io::Result<()> + Send + 'static,
    ) -> Self {
        self.settings.dead_letters = Some(Box::new(take));
        self
    }

    /// Makes the job survive: its state, its accumulators and the positions of its inputs are kept
    /// in `storage`, and a job that is started again goes on where the last one was, without losing
    /// or doubling a record. See [`LocalDirectory`](crate::storage::LocalDirectory).
    pub fn checkpoint(mut self, storage: impl Storage) -> Self {
        self.settings.checkpoint = Some(Arc::new(storage));
        self
    }

    /// Writes the checkpoint on the driver's own thread, and not beside it on another one: for
    /// simulations, in which nothing may depend on chance. Each batch waits for the disk then.
    pub fn checkpoint_inline(mut self) -> Self {
        self.settings.journal_inline = true;
        self
    }

    /// Fails at the start if the checkpoint is not empty, instead of going on with it.
    pub fn fresh(mut self) -> Self {
        self.settings.fresh = true;
        self
    }

    /// What becomes of the batches that fell due while the job was not running.
    pub fn catch_up(mut self, catch_up: CatchUp) -> Self {
        self.settings.catch_up = catch_up;
        self
    }

    /// Forgets what the checkpoint has of a state, by the name of the `let` that has it, and begins
    /// it anew: for a state whose type has changed. All else goes on.
    pub fn reset_state(mut self, name: impl Into<String>) -> Self {
        let change = (name.into(), StateChange::Reset);
        self.settings.state_changes.push(change);
        self
    }

    /// Makes of what the checkpoint has of a state, by the name of the `let` that has it, the state
    /// that the program has now: `migrate` is given each key with its old state. A checkpoint that
    /// has the new one already is left as it is, so this may stay in the program.
    ///
    /// It works for the states of `update_state_by_key` and `map_with_state`, not for windows.
    ///
    /// # Examples
    ///
    /// ```
    /// use stream_runtime::prelude::*;
    /// use stream_runtime::storage::MemoryStorage;
    ///
    /// stream!(
    ///     #[checkpoint]
    ///     fn count(words: Stream<(&str, u64)>) {
    ///         // It was a `u32` once.
    ///         let counts = words.update_state_by_key(|new: &[u64], count: Option<u64>| {
    ///             Some(count.unwrap_or(0) + new.iter().sum::<u64>())
    ///         });
    ///         counts.print();
    ///     }
    /// );
    ///
    /// # fn main() -> stream_runtime::Result<()> {
    /// let words = queue([vec![("to".to_owned(), 1)]]);
    /// count(words)
    ///     .checkpoint(MemoryStorage::new())
    ///     .migrate_state("counts", |_: &String, count: u32| u64::from(count))
    ///     .run()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn migrate_state<K, Old, New>(
        mut self,
        name: impl Into<String>,
        migrate: impl Fn(&K, Old) -> New + Send + 'static,
    ) -> Self
    where
        K: DeserializeOwned,
        Old: DeserializeOwned,
        New: Serialize + DeserializeOwned,
    {
        let change = (name.into(), StateChange::migrate(migrate));
        self.settings.state_changes.push(change);
        self
    }

    /// How often what the job remembers is written to its checkpoint, instead of what
    /// `#[checkpoint(every = ..)]` says; at every batch without either.
    pub fn checkpoint_every(mut self, every: Duration) -> Self {
        self.settings.checkpoint_every = Some(every);
        self
    }

    /// The clock that makes batches.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// The engine that runs the stages, instead of one with as many threads as the job has.
    pub fn engine(mut self, engine: impl Engine + 'static) -> Self {
        self.settings.engine = Some(Box::new(engine));
        self
    }

    /// Where `print` writes to; standard output by default.
    pub fn console(mut self, console: impl io::Write + Send + 'static) -> Self {
        self.settings.console = Some(Box::new(console));
        self
    }

    /// Tells `listener` what happens in the job.
    pub fn listener(self, listener: impl Listener) -> Self {
        self.settings.listeners.add(listener);
        self
    }

    /// Calls `f` after each completed batch: a [`listener`](Self::listener) for this alone.
    pub fn on_batch(self, f: impl FnMut(&BatchInfo) + Send + 'static) -> Self {
        self.listener(OnBatch(f))
    }

    /// How long a graceful stop may take, from when it is asked for. When it takes longer, the job
    /// ends with an error after the batch under way, and what was received and not processed is
    /// lost, unless the job has a checkpoint. It may take as long as it wants without this.
    pub fn stop_within(mut self, patience: Duration) -> Self {
        self.settings.stop_within = Some(patience);
        self
    }

    /// The signal that stops this job gracefully: no more is received, what was received is
    /// processed.
    pub fn stop_signal(&self) -> Signal {
        self.settings.stop.clone()
    }

    /// Name and version of the package that the pipeline is part of.
    pub fn package(&self) -> (&'static str, &'static str) {
        self.package
    }

    /// The plan of the pipeline, in the given form.
    pub fn explain(&self, format: Format) -> String {
        self.plan.explain(format)
    }

    /// A handle by which another thread sees how the running job is getting on.
    pub fn progress(&self) -> Progress {
        self.settings.progress.clone()
    }
}

impl Settings {
    /// Sizes are bounded here, before anything is allocated by them.
    pub(crate) fn check(&self) -> Result<()> {
        check_interval(self.batch_interval)?;
        check_size("thread", self.threads, THREADS_MAX)?;
        check_size("partition", self.partitions.unwrap_or(1), PARTITIONS_MAX)
    }
}

/// Batch times are whole microseconds.
fn check_interval(interval: Duration) -> Result<()> {
    if interval.is_zero() || !interval.subsec_nanos().is_multiple_of(1_000) {
        return Err(Error::Config(format!(
            "a batch interval of {interval:?} is not possible: it must be whole microseconds, at least one"
        )));
    }
    Ok(())
}

fn check_size(what: &str, size: usize, max: usize) -> Result<()> {
    if (1..=max).contains(&size) {
        return Ok(());
    }
    Err(Error::Config(format!(
        "a job with {size} {what}s is not possible: choose 1 to {max}"
    )))
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("pipeline", &self.plan.pipeline)
            .finish_non_exhaustive()
    }
}
