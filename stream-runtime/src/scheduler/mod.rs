//! The scheduler: from the clock's time to batches, one after the other.
//!
//! There is one driver. When a batch is slow the next ones queue: their input stays with the
//! sources, cut by the time at which it came, and their scheduling delay grows, measured from when
//! they were due.

mod attempts;
mod cadence;
mod control;
mod dead_letters;
mod report;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::context::{Console, Services};
use crate::engine::{Engine, LocalEngine};
use crate::error::{Error, Result};
use crate::job::Job;
use crate::listener::{Listeners, StreamStarted, StreamStopped};
use crate::metrics::{BatchInfo, Summary};
use crate::progress::Schedule;
use crate::receiver::SourceContext;
use crate::rooms::Rooms;
use crate::state::States;
use crate::time::{BatchEnds, BatchTime};
use crate::transaction::Beginning;

use cadence::{Cadence, Pace};
use control::RateControl;

impl Job {
    /// Runs the job until all inputs are finished, a limit is reached, or its
    /// [`stop_signal`](Self::stop_signal) is raised.
    ///
    /// The driver runs on a thread of the job's engine; the present one waits for it.
    ///
    /// # Errors
    ///
    /// When a setting cannot work, an input cannot be read, or a batch fails.
    pub fn run(mut self) -> Result<Summary> {
        self.settings.check()?;
        let engine = self.take_engine()?;
        let mut result = Err(Error::Config(
            "the engine did not run the driver".to_owned(),
        ));
        engine.drive(Box::new(|| result = run(self, &*engine)));
        result
    }

    fn take_engine(&mut self) -> Result<Box<dyn Engine>> {
        match self.settings.engine.take() {
            Some(engine) => Ok(engine),
            None => Ok(Box::new(LocalEngine::new(self.settings.threads)?)),
        }
    }
}

/// Runs a job on this thread.
fn run(job: Job, engine: &dyn Engine) -> Result<Summary> {
    let listeners = job.settings.listeners.clone();
    let (clock, progress) = (Arc::clone(&job.settings.clock), job.progress());
    let result = run_to_its_end(job, engine);
    let summary = progress.end();
    let stopped = StreamStopped {
        time: clock.now(),
        error: result.as_ref().err().map(Error::to_string),
    };
    listeners.tell(|listener| listener.on_stream_stopped(&stopped));
    result.map(|()| summary)
}

fn run_to_its_end(mut job: Job, engine: &dyn Engine) -> Result<()> {
    let pace = control::pace(&mut job.settings)?;
    let started = job.settings.clock.now();
    let ends = BatchEnds::default();
    let beginning = Beginning::of(&job, started)?;
    start(&mut job, engine, &beginning, &ends)?;
    let schedule = Schedule {
        clock: Arc::clone(&job.settings.clock),
        interval: job.settings.batch_interval,
        started,
        at_rest: job.inputs.iter().all(|input| input.is_at_rest()),
    };
    let mut driver = Driver::new(job, engine, schedule, beginning, (pace, ends))?;
    let result = driver.go_on().and_then(|()| driver.close());
    stop(&mut driver.job);
    result
}

/// Starts the inputs, each where it stood; if one cannot be started, those before it are stopped
/// again.
fn start(
    job: &mut Job,
    engine: &dyn Engine,
    beginning: &Beginning,
    ends: &BatchEnds,
) -> Result<()> {
    let partitions = job.settings.partitions.unwrap_or(engine.threads());
    let is_recoverable = Beginning::is_recoverable(job);
    for at in 0..job.inputs.len() {
        let context = SourceContext {
            input: job.inputs[at].name().to_owned(),
            clock: Arc::clone(&job.settings.clock),
            batch_interval: job.settings.batch_interval,
            zero_time: beginning.zero_time,
            partitions,
            storage: job.settings.checkpoint.clone(),
            listeners: job.settings.listeners.clone(),
            batch_ends: ends.clone(),
        };
        let input = &mut job.inputs[at];
        let started = match beginning.recovered.positions.get(input.name()) {
            _ if is_recoverable && input.check_recovery().is_err() => input.check_recovery(),
            Some(position) => input.resume(context, position),
            None => input.start(context),
        };
        if let Err(error) = started {
            job.inputs[..at].iter_mut().for_each(|input| input.stop());
            return Err(error);
        }
    }
    Ok(())
}

fn stop(job: &mut Job) {
    job.inputs.iter_mut().for_each(|input| input.stop());
}

struct Driver<'e> {
    job: Job,
    services: Services<'e>,
    schedule: Schedule,
    cadence: Cadence,
    rates: RateControl,
    /// The end of the batch before the next one.
    last: BatchTime,
    /// The batch to run next.
    next: BatchTime,
    /// The batches whose input was fixed by an earlier run, with where it ends for each input.
    planned: BTreeMap<BatchTime, BTreeMap<String, Vec<u8>>>,
}

/// What to do next.
enum Step {
    /// Run the next batch.
    Batch,
    /// Stop receiving, and process what was received.
    Drain,
    /// Nothing more.
    End,
}

impl<'e> Driver<'e> {
    /// A driver that goes on where the job was.
    fn new(
        mut job: Job,
        engine: &'e dyn Engine,
        schedule: Schedule,
        mut beginning: Beginning,
        (pace, ends): (Pace, BatchEnds),
    ) -> Result<Self> {
        let states = States::new(job.plan.states());
        let transactions = beginning.start(&job, &states)?;
        let (tick, settings) = (schedule.interval, &mut job.settings);
        let rates = RateControl::new(settings.rates, tick, &mut job.inputs)?;
        let console = settings.console.take();
        let console = console.unwrap_or_else(|| Box::new(std::io::stdout()));
        let services = Services {
            partitions: settings.partitions.unwrap_or(engine.threads()),
            batch_interval: schedule.interval,
            zero_time: beginning.zero_time,
            grid: Cell::new(None),
            states,
            transactions: RefCell::new(transactions),
            engine,
            clock: Arc::clone(&settings.clock),
            console: Console(Mutex::new(console)),
            progress: settings.progress.clone(),
            listeners: settings.listeners.clone(),
            rooms: Rooms::default(),
        };
        services.progress.start(schedule.clone(), beginning.next);
        let planned = beginning.recovered.planned;
        let first = planned.keys().next().copied().unwrap_or(beginning.next);
        let driver = Self {
            job,
            services,
            schedule,
            cadence: Cadence::new(tick, beginning.zero_time, pace, ends),
            rates,
            last: first - tick,
            next: beginning.next,
            planned,
        };
        driver.announce();
        Ok(driver)
    }

    /// Tells the listeners that the job has started.
    fn announce(&self) {
        let started = StreamStarted {
            time: self.schedule.started,
            plan: self.job.plan,
            batch_interval: self.schedule.interval,
            threads: self.services.engine.threads(),
            partitions: self.services.partitions,
        };
        let listeners = self.listeners();
        listeners.tell(|listener| listener.on_stream_started(&started));
    }

    fn listeners(&self) -> &Listeners {
        &self.services.listeners
    }

    /// Runs the batches that were planned before, and then the others.
    fn go_on(&mut self) -> Result<()> {
        let next = self.next;
        for (time, ends) in std::mem::take(&mut self.planned) {
            if self.is_full() {
                return Ok(());
            }
            for input in &mut self.job.inputs {
                if let Some(end) = ends.get(input.name()) {
                    input.replay(time, end)?;
                }
            }
            self.run_batch(time)?;
        }
        self.next = next;
        self.batches()
    }

    /// Runs batches until the job is at its end.
    fn batches(&mut self) -> Result<()> {
        loop {
            match self.step() {
                Step::Batch => {
                    self.generate()?;
                    self.run_next()?;
                }
                Step::Drain => return self.drain(),
                Step::End => return Ok(()),
            }
        }
    }

    /// Waits until there is something to do.
    fn step(&self) -> Step {
        if self.is_full() || self.job.inputs.iter().all(|input| input.is_finished()) {
            return Step::End;
        }
        let (clock, stop) = (&self.services.clock, &self.job.settings.stop);
        let deadline = self.deadline();
        if !self.schedule.at_rest {
            clock.wait_until(deadline.map_or(self.next, |at| at.min(self.next)), stop);
        }
        if stop.is_raised() || deadline.is_some_and(|at| at <= clock.now()) {
            Step::Drain
        } else {
            Step::Batch
        }
    }

    /// Whether as many batches were run as the job may have.
    fn is_full(&self) -> bool {
        let limit = self.job.settings.max_batches;
        limit.is_some_and(|limit| self.services.progress.batches() >= limit)
    }

    /// When the job is to be stopped.
    fn deadline(&self) -> Option<BatchTime> {
        let duration = self.job.settings.duration?;
        Some(self.schedule.started + duration)
    }

    /// Stops receiving, and processes what was received: the batches that are due, empty ones too,
    /// and then more for as long as the inputs give records.
    ///
    /// # Errors
    ///
    /// When it takes longer than the job may take for it.
    fn drain(&mut self) -> Result<()> {
        self.services.progress.stopping();
        stop(&mut self.job);
        let begun = self.services.clock.now();
        while !self.is_full() {
            let due = self.schedule.due(self.next, begun);
            self.check_patience(begun, due)?;
            if !self.generate()? && due == 0 {
                return Ok(());
            }
            self.run_next()?;
        }
        Ok(())
    }

    /// Whether a graceful stop that was begun then may go on.
    fn check_patience(&self, begun: BatchTime, due: u64) -> Result<()> {
        match self.job.settings.stop_within {
            Some(patience) if self.services.clock.now().since(begun) >= patience => {
                Err(Error::StopTookTooLong { patience, due })
            }
            _ => Ok(()),
        }
    }

    /// Fixes the input of the next batch; whether there is any.
    fn generate(&mut self) -> Result<bool> {
        let mut any = false;
        for input in &mut self.job.inputs {
            any |= input.generate(self.next)?;
        }
        Ok(any)
    }

    /// Fixes the input that was generated, and runs the batch.
    fn run_next(&mut self) -> Result<()> {
        let time = self.next;
        self.services.transactions.get_mut().plan(time, &self.job)?;
        self.run_batch(time)
    }

    /// Runs the batch whose input was fixed.
    fn run_batch(&mut self, time: BatchTime) -> Result<()> {
        let inputs = self.submitted(time);
        let begun = self.services.clock.now();
        let interval = time.since(std::mem::replace(&mut self.last, time));
        self.next = self.cadence.after(time, self.services.grid.get());
        self.services.progress.begin(time, begun, self.next);
        let ran = self.attempts(time, begun)?;
        self.job
            .inputs
            .iter_mut()
            .for_each(|input| input.done(time));
        let transactions = self.services.transactions.get_mut();
        let durable = transactions.complete(time, &self.job, &self.services.states)?;
        self.committed(durable);
        let batch = self.completed((time, interval), begun, inputs, ran)?;
        self.adapt(&batch);
        self.services.progress.complete(batch);
        Ok(())
    }

    /// Chooses the rates of the inputs and the batch interval anew. Where batches do not wait for the
    /// clock there is nothing to keep up with.
    fn adapt(&mut self, batch: &BatchInfo) {
        if self.schedule.at_rest {
            return;
        }
        self.rates.adapt(batch, &mut self.job.inputs);
        self.cadence.adapt(batch, self.services.grid.get());
        self.schedule.interval = self.cadence.interval();
        self.services.progress.reschedule(self.schedule.interval);
    }

    /// Commits what is left.
    fn close(&mut self) -> Result<()> {
        let transactions = self.services.transactions.get_mut();
        let durable = transactions.close(&self.job, &self.services.states)?;
        self.committed(durable);
        Ok(())
    }

    /// Lets the inputs forget the batches that are done for good.
    fn committed(&mut self, batches: Vec<BatchTime>) {
        for time in batches {
            let inputs = self.job.inputs.iter_mut();
            inputs.for_each(|input| input.commit(time));
        }
    }
}
