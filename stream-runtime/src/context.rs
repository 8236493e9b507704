//! What one run of the batch function works with: the batch's time, the engine, what was measured.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::io::{self, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::accumulator::Frame;
use crate::batch::Batch;
use crate::clock::Clock;
use crate::engine::{self, Arena, Bucket, Engine, Exchange, INLINE_RECORDS};
use crate::error::Failure;
use crate::event::Watermark;
use crate::listener::{Listeners, OutputStarted};
use crate::metrics::{LateInfo, OutputDone, StageDone, WatermarkInfo};
use crate::progress::Progress;
use crate::rooms::Rooms;
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
    outputs: Outputs,
    services: &'j Services<'j>,
    done: RefCell<Done>,
}

/// What becomes of the outputs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outputs {
    Run,
    /// They are left out: the run only shows whether the stages fail.
    LeftOut,
}

/// What all batches of a job work with.
#[derive(Debug)]
pub(crate) struct Services<'e> {
    pub(crate) partitions: usize,
    pub(crate) batch_interval: Duration,
    pub(crate) zero_time: BatchTime,
    /// Windows begin and end at multiples of it; none as long as none was seen.
    pub(crate) grid: Cell<Option<Duration>>,
    pub(crate) states: States,
    pub(crate) transactions: RefCell<Transactions>,
    pub(crate) engine: &'e dyn Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) console: Console,
    pub(crate) progress: Progress,
    pub(crate) listeners: Listeners,
    pub(crate) rooms: Rooms,
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
    /// How many records came in, for each input.
    pub(crate) records: Vec<u64>,
    pub(crate) stages: Vec<StageDone>,
    pub(crate) outputs: Vec<OutputDone>,
    pub(crate) watermarks: Vec<WatermarkInfo>,
    /// Counted by tasks, for each window over event time.
    late: Vec<(Site, Arc<AtomicU64>)>,
    pub(crate) frames: Vec<Frame>,
    /// The first output that failed; those after it were run all the same.
    failed: Option<Failure>,
}

impl Done {
    /// How many records came too late, for each window.
    pub(crate) fn late(&self) -> Vec<LateInfo> {
        let late = self.late.iter().map(|(site, records)| LateInfo {
            site: *site,
            records: records.load(Ordering::Relaxed),
        });
        late.collect()
    }
}

impl<'j> BatchContext<'j> {
    /// The batch at `time`, begun at `begun`.
    pub(crate) fn new(
        time: BatchTime,
        begun: BatchTime,
        outputs: Outputs,
        services: &'j Services<'j>,
    ) -> Self {
        Self {
            time,
            begun,
            outputs,
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
            let grid = &self.services.grid;
            grid.set(Some(common_divisor(
                grid.get().unwrap_or(duration),
                duration,
            )));
        }
        let since_zero = self.time.since(self.services.zero_time);
        Ok(since_zero.as_micros().is_multiple_of(slide.as_micros()))
    }

    /// Runs `task` for each input of a stage of the plan, in parallel if there are records enough, and
    /// gives the results to `done` in the order of the inputs.
    ///
    /// # Errors
    ///
    /// When a task panics: the failure names the operator that was at work.
    pub fn stage<I: Send, O: Send>(
        &self,
        (stage, site): (usize, Site),
        records: usize,
        inputs: Vec<I>,
        task: impl Fn(usize, I) -> O + Sync,
        done: impl FnMut(O),
    ) -> Result<(), Failure> {
        let mut run = |tasks: Vec<Task<'_>>| self.run_stage(stage, site, records, tasks);
        tasks::run(inputs, task, &mut run, done)
    }

    /// Runs the tasks of a stage, and measures it.
    fn run_stage(
        &self,
        stage: usize,
        site: Site,
        records: usize,
        tasks: Vec<Task<'_>>,
    ) -> Result<(), Failure> {
        let count = tasks.len();
        let started = self.enter(site, records, count);
        self.run_tasks(site, records, tasks)?;
        let ended = self.services.clock.now();
        self.done.borrow_mut().stages.push(StageDone {
            stage,
            site,
            records: records as u64,
            tasks: count,
            duration: ended.since(started),
        });
        Ok(())
    }

    /// Says what is at work from now on.
    fn enter(&self, site: Site, records: usize, tasks: usize) -> BatchTime {
        let now = self.services.clock.now();
        self.services
            .progress
            .enter(site, now, records as u64, tasks);
        now
    }

    fn run_tasks(&self, site: Site, records: usize, tasks: Vec<Task<'_>>) -> Result<(), Failure> {
        let count = tasks.len();
        let places: Vec<_> = tasks.into_iter().rev().map(Place::waiting).collect();
        let progress = &self.services.progress;
        let run = |index: usize| {
            places[index].run(site);
            progress.task_ended(index);
        };
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
        self.enter(site, 0, 0);
        let frame = run_task(site, work)?;
        self.done.borrow_mut().frames.push(frame);
        Ok(())
    }

    /// Runs the output operation of this number, which is given so many records, and measures it. When
    /// it fails, so does the batch, but those after it are run first: one that is broken does not hold
    /// the others back.
    ///
    /// # Errors
    ///
    /// When the input of the batch cannot be fixed.
    pub fn output(
        &self,
        (id, site): (usize, Site),
        records: usize,
        work: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self.outputs {
            Outputs::Run => self.run_output(id, site, records, Box::new(work)),
            Outputs::LeftOut => Ok(()),
        }
    }

    fn run_output(
        &self,
        id: usize,
        site: Site,
        records: usize,
        work: Box<dyn FnOnce() -> io::Result<()> + '_>,
    ) -> Result<(), Failure> {
        self.wait_planned(site)?;
        let (records, started) = (records as u64, self.services.clock.now());
        let output = OutputStarted {
            time: self.time,
            id,
            site,
            records,
        };
        let listeners = &self.services.listeners;
        listeners.tell(|listener| listener.on_output_started(&output));
        let failure = self.written(site, work).err();
        let done = OutputDone {
            id,
            site,
            records,
            started_after: started.since(self.begun),
            duration: self.services.clock.now().since(started),
            failure: failure.as_ref().map(Failure::to_string),
        };
        listeners.tell(|listener| listener.on_output_completed(self.time, &done));
        let all = &mut *self.done.borrow_mut();
        all.outputs.push(done);
        all.failed = all.failed.take().or(failure);
        Ok(())
    }

    fn written(
        &self,
        site: Site,
        work: Box<dyn FnOnce() -> io::Result<()> + '_>,
    ) -> Result<(), Failure> {
        let written = self.driver(site, work)?;
        written.map_err(|error| Failure::Output {
            site,
            message: error.to_string(),
        })
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

    /// About how many keys a table of the operator of this number will have, if so many records wait for
    /// its task.
    pub fn room(&self, operator: usize, records: usize) -> usize {
        self.services.rooms.of(operator, records)
    }

    /// Takes the tables of an operator to be like those that it will have in the next batch.
    pub fn note_room<B: Bucket>(&self, operator: usize, records: usize, tables: &[Vec<B>]) {
        self.services.rooms.note(operator, records, tables);
    }

    /// The batch of these partitions.
    pub fn batch<T>(&self, partitions: Vec<Vec<T>>) -> Batch<T> {
        Batch::new(self.time, partitions)
    }

    /// Counts records that came in, for the input of this number.
    pub fn add_records(&self, input: usize, records: u64) {
        let counted = &mut self.done.borrow_mut().records;
        if counted.len() <= input {
            counted.resize(input + 1, 0);
        }
        counted[input] += records;
    }

    /// How far the records of the `event_time` at `site` have come.
    pub(crate) fn note_watermark(&self, site: Site, watermark: Watermark) {
        self.done.borrow_mut().watermarks.push(WatermarkInfo {
            site,
            watermark: watermark.time,
            lag: self.time.since(watermark.time),
            is_idle: watermark.is_idle,
        });
    }

    /// Where the tasks of the window at `site` count the records that came too late for it.
    pub(crate) fn late(&self, site: Site) -> Arc<AtomicU64> {
        let late = Arc::new(AtomicU64::new(0));
        self.done.borrow_mut().late.push((site, Arc::clone(&late)));
        late
    }

    /// What the batch did, if none of its outputs failed.
    pub(crate) fn into_done(self) -> Result<Done, Failure> {
        let mut done = self.done.into_inner();
        match done.failed.take() {
            Some(failure) => Err(failure),
            None => Ok(done),
        }
    }
}

/// The greatest duration of which both are multiples. Both are whole microseconds.
fn common_divisor(one: Duration, other: Duration) -> Duration {
    let (mut large, mut small) = (one.as_micros(), other.as_micros());
    while small > 0 {
        (large, small) = (small, large % small);
    }
    Duration::from_micros(u64::try_from(large).unwrap_or(u64::MAX))
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
