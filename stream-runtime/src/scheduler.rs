//! The scheduler: from the clock's time to batches, one after the other.
//!
//! There is one driver. When a batch is slow the next ones queue: their input stays with the
//! sources, cut by the time at which it came, and their scheduling delay grows, measured from when
//! they were due.

use std::sync::{Arc, Mutex};

use crate::context::{BatchContext, Console, Done, Services, run_batch};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::metrics::{BatchInfo, Summary};
use crate::progress::Schedule;
use crate::receiver::SourceContext;
use crate::state::States;
use crate::time::BatchTime;

/// Runs a job on this thread.
pub(crate) fn run(mut job: Job, engine: &dyn Engine) -> Result<Summary> {
    let schedule = start(&mut job, engine)?;
    let mut driver = Driver::new(job, engine, schedule);
    let result = driver.batches();
    stop(&mut driver.job);
    let summary = driver.services.progress.end();
    result.map(|()| summary)
}

/// Starts the inputs; if one cannot be started, those before it are stopped again.
fn start(job: &mut Job, engine: &dyn Engine) -> Result<Schedule> {
    let (clock, interval) = (Arc::clone(&job.settings.clock), job.settings.batch_interval);
    let started = clock.now();
    let partitions = job.settings.partitions.unwrap_or(engine.threads());
    for at in 0..job.inputs.len() {
        let context = SourceContext {
            input: job.inputs[at].name().to_owned(),
            clock: Arc::clone(&clock),
            batch_interval: interval,
            zero_time: started.floor(interval),
            partitions,
            storage: job.settings.checkpoint.clone(),
        };
        if let Err(error) = job.inputs[at].start(context) {
            job.inputs[..at].iter_mut().for_each(|input| input.stop());
            return Err(error);
        }
    }
    Ok(Schedule {
        clock,
        interval,
        started,
        at_rest: job.inputs.iter().all(|input| input.is_at_rest()),
    })
}

fn stop(job: &mut Job) {
    job.inputs.iter_mut().for_each(|input| input.stop());
}

struct Driver<'e> {
    job: Job,
    services: Services<'e>,
    schedule: Schedule,
    /// The batch to run next.
    next: BatchTime,
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
    /// The first batch ends at the next multiple of the batch interval.
    fn new(mut job: Job, engine: &'e dyn Engine, schedule: Schedule) -> Self {
        let settings = &mut job.settings;
        let console = settings.console.take();
        let console = console.unwrap_or_else(|| Box::new(std::io::stdout()));
        let services = Services {
            partitions: settings.partitions.unwrap_or(engine.threads()),
            batch_interval: schedule.interval,
            zero_time: schedule.started.floor(schedule.interval),
            states: States::new(job.plan.states()),
            engine,
            clock: Arc::clone(&settings.clock),
            console: Console(Mutex::new(console)),
            progress: settings.progress.clone(),
        };
        let next = schedule.started.floor(schedule.interval) + schedule.interval;
        services.progress.start(schedule.clone(), next);
        Self {
            job,
            services,
            schedule,
            next,
        }
    }

    /// Runs batches until the job is at its end.
    fn batches(&mut self) -> Result<()> {
        loop {
            match self.step() {
                Step::Batch => {
                    self.generate()?;
                    self.run_batch()?;
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
    fn drain(&mut self) -> Result<()> {
        stop(&mut self.job);
        let due = self.schedule.due(self.next, self.services.clock.now());
        let mut run = 0;
        while !self.is_full() {
            if !self.generate()? && run >= due {
                return Ok(());
            }
            self.run_batch()?;
            run += 1;
        }
        Ok(())
    }

    /// Fixes the input of the next batch; whether there is any.
    fn generate(&mut self) -> Result<bool> {
        let mut any = false;
        for input in &mut self.job.inputs {
            any |= input.generate(self.next)?;
        }
        Ok(any)
    }

    /// Runs the batch whose input was fixed.
    fn run_batch(&mut self) -> Result<()> {
        let time = self.next;
        let begun = self.services.clock.now();
        self.next = time + self.schedule.interval;
        self.services.progress.begin(time, begun, self.next);
        let (done, attempts) = self.attempts(time, begun)?;
        done.frames.into_iter().for_each(|frame| frame.commit());
        self.job
            .inputs
            .iter_mut()
            .for_each(|input| input.commit(time));
        let ended = self.services.clock.now();
        self.completed(BatchInfo {
            time,
            records: done.records,
            scheduling_delay: match self.schedule.at_rest {
                true => std::time::Duration::ZERO,
                false => begun.since(time),
            },
            processing_time: ended.since(begun),
            attempts,
            waiting: self.schedule.due(self.next, ended),
            outputs: done.outputs,
        });
        Ok(())
    }

    /// Tells whoever wants to know of a completed batch.
    fn completed(&mut self, batch: BatchInfo) {
        let (delay, records) = (batch.total_delay(), batch.records);
        tracing::debug!(batch = %batch.time, records, ?delay, "batch completed");
        for listen in &mut self.job.settings.on_batch {
            listen(&batch);
        }
        self.services.progress.complete(batch);
    }

    /// Runs the batch function until it succeeds, and says at which attempt; fails when it has
    /// failed too often. What a failed attempt added to accumulators is dropped with its context.
    fn attempts(&mut self, time: BatchTime, begun: BatchTime) -> Result<(Done, u32)> {
        let mut attempt = 1;
        loop {
            let context = BatchContext::new(time, begun, &self.services);
            match run_batch(|| (self.job.batch)(&context)) {
                Ok(()) => return Ok((context.into_done(), attempt)),
                Err(failure) if attempt >= self.job.settings.attempts => {
                    return Err(Error::Batch { time, failure });
                }
                Err(failure) => {
                    tracing::warn!(batch = %time, attempt, %failure, "batch failed, trying again");
                }
            }
            attempt += 1;
        }
    }
}
