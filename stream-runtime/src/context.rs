//! What one run of the batch function works with: the batch's time, the engine, what was measured.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::{self, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::accumulator::Frame;
use crate::batch::Batch;
use crate::clock::Clock;
use crate::engine::{self, Arena, Bucket, Engine, Exchange, INLINE_RECORDS};
use crate::error::Failure;
use crate::progress::Progress;
use crate::site::{self, Site};
use crate::state::{Slot, States};
use crate::tasks::{self, Task};
use crate::time::BatchTime;
use crate::transaction::Transactions;

/// One run of one batch.
#[derive(Debug)]
pub struct BatchContext<'j> {
    time: BatchTime,
    begun: BatchTime,
    services: &'j Services<'j>,
    done: RefCell<Done>,
}

/// What all batches of a job work with.
#[derive(Debug)]
pub(crate) struct Services<'e> {
    pub(crate) partitions: usize,
    pub(crate) batch_interval: Duration,
    pub(crate) zero_time: BatchTime,
    pub(crate) states: States,
    pub(crate) transactions: RefCell<Transactions>,
    pub(crate) engine: &'e dyn Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) console: Console,
    pub(crate) progress: Progress,
}

/// Where `print` writes to.
pub(crate) struct Console(pub(crate) Mutex<Box<dyn Write + Send>>);

impl Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Console")
    }
}

/// What a batch did, known when it has ended.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) records: u64,
    pub(crate) outputs: Vec<OutputDone>,
    pub(crate) frames: Vec<Frame>,
}

/// What one output operation did in one batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OutputDone {
    /// The output operation.
    pub site: Site,
    /// From when the batch was begun to when this output was.
    pub started_after: Duration,
    /// How long it took, without the stages that made its records.
    pub duration: Duration,
}

impl<'j> BatchContext<'j> {
    /// The batch at `time`, begun at `begun`.
    pub(crate) fn new(time: BatchTime, begun: BatchTime, services: &'j Services<'j>) -> Self {
        Self {
            time,
            begun,
            services,
            done: RefCell::default(),
        }
    }

    /// Writes to the console, alone.
    pub(crate) fn console(
        &self,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut console = lock(&self.services.console.0);
        write(&mut **console)?;
        console.flush()
    }

    /// The time of the batch: the only clock that a pipeline sees.
    pub fn time(&self) -> BatchTime {
        self.time
    }

    /// Into how many partitions a shuffle deals its records.
    pub fn partitions(&self) -> usize {
        self.services.partitions
    }

    /// The time from one batch to the next.
    pub fn batch_interval(&self) -> Duration {
        self.services.batch_interval
    }

    /// The time from which the slides of windows count.
    pub(crate) fn zero_time(&self) -> BatchTime {
        self.services.zero_time
    }

    /// What the operator of this number remembers, for the length of the batch.
    pub fn slot(&self, number: usize) -> Slot<'j> {
        self.services.states.open(number)
    }

    /// Whether a window moves at this batch: at multiples of its slide, from the job's zero time on.
    ///
    /// # Errors
    ///
    /// When length or slide is not a multiple of the batch interval.
    pub(crate) fn is_due(
        &self,
        site: Site,
        length: Duration,
        slide: Duration,
    ) -> Result<bool, Failure> {
        for (what, duration) in [("length", length), ("slide", slide)] {
            check_multiple(site, what, duration, self.batch_interval())?;
        }
        let since_zero = self.time.since(self.services.zero_time);
        Ok(since_zero.as_micros().is_multiple_of(slide.as_micros()))
    }

    /// Runs `task` for each input, in parallel if there are records enough, and gives the results
    /// to `done` in the order of the inputs.
    ///
    /// # Errors
    ///
    /// When a task panics: the failure names the operator that was at work.
    pub fn stage<I: Send, O: Send>(
        &self,
        site: Site,
        records: usize,
        inputs: Vec<I>,
        task: impl Fn(usize, I) -> O + Sync,
        done: impl FnMut(O),
    ) -> Result<(), Failure> {
        let mut run = |tasks: Vec<Task<'_>>| self.run_tasks(site, records, tasks);
        tasks::run(inputs, task, &mut run, done)
    }

    fn run_tasks(&self, site: Site, records: usize, tasks: Vec<Task<'_>>) -> Result<(), Failure> {
        self.services.progress.enter(site);
        let count = tasks.len();
        let places: Vec<_> = tasks.into_iter().rev().map(Place::waiting).collect();
        let run = |index: usize| places[index].run(site);
        if count <= 1 || records < INLINE_RECORDS {
            (0..count).for_each(run);
        } else {
            self.services.engine.run(count, &run);
        }
        let mut done = self.done.borrow_mut();
        for place in places {
            done.frames.push(place.ended()?);
        }
        Ok(())
    }

    /// Runs user code that sees a whole batch, on the driver's thread.
    ///
    /// # Errors
    ///
    /// When the code panics.
    pub fn driver<O>(&self, site: Site, work: impl FnOnce() -> O) -> Result<O, Failure> {
        let mut output = None;
        self.run_on_driver(site, Box::new(|| output = Some(work())))?;
        Ok(output.expect("the work was done"))
    }

    fn run_on_driver(&self, site: Site, work: Box<dyn FnOnce() + '_>) -> Result<(), Failure> {
        self.services.progress.enter(site);
        let frame = run_task(site, work)?;
        self.done.borrow_mut().frames.push(frame);
        Ok(())
    }

    /// Runs an output operation and measures it.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or when the user's code in it panics.
    pub fn output(&self, site: Site, work: impl FnOnce() -> io::Result<()>) -> Result<(), Failure> {
        self.run_output(site, Box::new(work))
    }

    fn run_output(
        &self,
        site: Site,
        work: Box<dyn FnOnce() -> io::Result<()> + '_>,
    ) -> Result<(), Failure> {
        let clock = &self.services.clock;
        self.wait_planned(site)?;
        let started = clock.now();
        let written = self.driver(site, work)?;
        written.map_err(|error| Failure::Output {
            site,
            message: error.to_string(),
        })?;
        self.done.borrow_mut().outputs.push(OutputDone {
            site,
            started_after: started.since(self.begun),
            duration: clock.now().since(started),
        });
        Ok(())
    }

    /// Nothing may leave the job before the input of the batch is fixed for good.
    fn wait_planned(&self, site: Site) -> Result<(), Failure> {
        let planned = self.services.transactions.borrow().wait_planned(self.time);
        planned.map_err(|error| Failure::Output {
            site,
            message: error.to_string(),
        })
    }

    /// Brings every record to its partition: the only operation by which records cross partitions.
    ///
    /// # Errors
    ///
    /// When records do not survive being serialized (an engine without shared memory only).
    pub fn exchange<'b, B: Bucket + Exchange<'b>>(
        &self,
        site: Site,
        arena: &'b Arena,
        width: usize,
        produced: Vec<Vec<B>>,
    ) -> Result<Vec<Vec<B>>, Failure> {
        engine::exchange(self.services.engine, arena, width, produced).map_err(|error| {
            Failure::Exchange {
                site,
                message: error.to_string(),
            }
        })
    }

    /// The batch of these partitions.
    pub fn batch<T>(&self, partitions: Vec<Vec<T>>) -> Batch<T> {
        Batch::new(self.time, partitions)
    }

    /// Counts records that came in.
    pub fn add_records(&self, records: u64) {
        self.done.borrow_mut().records += records;
    }

    pub(crate) fn into_done(self) -> Done {
        self.done.into_inner()
    }
}

fn check_multiple(
    site: Site,
    what: &str,
    duration: Duration,
    interval: Duration,
) -> Result<(), Failure> {
    let (micros, step) = (duration.as_micros(), interval.as_micros());
    if micros > 0 && micros % step == 0 {
        return Ok(());
    }
    let below = interval * u32::try_from(micros / step).unwrap_or(u32::MAX - 1);
    let nearest = match below.is_zero() {
        true => format!("{interval:?}"),
        false => format!("{below:?} or {:?}", below + interval),
    };
    Err(Failure::Window {
        site,
        message: format!(
            "a {what} of {duration:?} is not a multiple of the batch interval {interval:?}; the nearest is {nearest}"
        ),
    })
}

/// Runs the batch function. What panics in it outside of all tasks is an argument of an operator.
pub(crate) fn run_batch(batch: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    // As below: what was half done is dropped with the context.
    catch_unwind(AssertUnwindSafe(batch)).unwrap_or_else(|payload| {
        let message = site::panic_message(&*payload);
        Err(match site::take_blamed() {
            Some(site) => Failure::Panicked { site, message },
            None => Failure::Argument { message },
        })
    })
}

/// The place of one task: the task, and then what it added to accumulators.
struct Place<'t> {
    step: Mutex<Step<'t>>,
}

enum Step<'t> {
    Waiting(Task<'t>),
    Running,
    Ended(Result<Frame, Failure>),
}

impl<'t> Place<'t> {
    fn waiting(task: Task<'t>) -> Self {
        let step = Mutex::new(Step::Waiting(task));
        Self { step }
    }

    fn run(&self, site: Site) {
        let mut step = lock(&self.step);
        if let Step::Waiting(task) = mem::replace(&mut *step, Step::Running) {
            *step = Step::Ended(run_task(site, task));
        }
    }

    fn ended(self) -> Result<Frame, Failure> {
        match self
            .step
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
        {
            Step::Ended(ended) => ended,
            _ => unreachable!("an engine runs each task"),
        }
    }
}

/// Runs one task: what it adds to accumulators is kept aside, and a panic becomes a failure.
fn run_task<'t>(site: Site, task: Box<dyn FnOnce() + 't>) -> Result<Frame, Failure> {
    // Unwinding leaves nothing half done behind: the task's own data are dropped with it, and the
    // whole batch fails.
    let ended = catch_unwind(AssertUnwindSafe(|| Frame::record(task)));
    ended
        .map(|((), frame)| frame)
        .map_err(|payload| Failure::Panicked {
            site: site::take_blamed().unwrap_or(site),
            message: site::panic_message(&*payload),
        })
}

fn lock<T: ?Sized>(slot: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
