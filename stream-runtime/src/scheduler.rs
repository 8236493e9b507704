//! The scheduler: from the clock's time to batches, one after the other.
//!
//! There is one driver thread. When a batch is slow the next ones queue: their input stays with
//! the sources, cut by the time at which it came, and their scheduling delay grows.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::context::{BatchContext, Console};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::job::{Job, Settings};
use crate::metrics::{BatchInfo, Summary};
use crate::receiver::SourceContext;
use crate::time::BatchTime;

/// Runs a job on this thread.
pub(crate) fn run(job: Job, engine: &dyn Engine) -> Result<Summary> {
    let started = Instant::now();
    let mut driver = Driver::start(job, engine)?;
    let result = driver.batches();
    driver.job.inputs.iter_mut().for_each(|input| input.stop());
    result?;
    driver.summary.elapsed = started.elapsed();
    Ok(driver.summary)
}

struct Driver<'e> {
    job: Job,
    engine: &'e dyn Engine,
    console: Console,
    partitions: usize,
    zero_time: BatchTime,
    next: BatchTime,
    summary: Summary,
}

impl<'e> Driver<'e> {
    /// Starts the inputs. The first batch ends at the next multiple of the batch interval.
    fn start(mut job: Job, engine: &'e dyn Engine) -> Result<Self> {
        let Settings {
            batch_interval,
            clock,
            ..
        } = &job.settings;
        let zero_time = clock.now().floor(*batch_interval);
        let partitions = job.settings.partitions.unwrap_or(engine.threads());
        for input in &mut job.inputs {
            let context = SourceContext {
                input: input.name().to_owned(),
                clock: Arc::clone(clock),
                batch_interval: *batch_interval,
                zero_time,
                partitions,
            };
            input.start(context)?;
        }
        let next = zero_time + *batch_interval;
        let console = std::mem::replace(&mut job.settings.console, Box::new(std::io::sink()));
        let console = Console(Mutex::new(console));
        Ok(Self {
            job,
            engine,
            console,
            partitions,
            zero_time,
            next,
            summary: Summary::default(),
        })
    }

    /// Runs batches until the job is at its end.
    fn batches(&mut self) -> Result<()> {
        while !self.is_over() {
            if !self.at_rest() {
                self.job
                    .settings
                    .clock
                    .wait_until(self.next, &self.job.settings.stop);
            }
            if self.job.settings.stop.is_raised() {
                return self.drain();
            }
            self.next_batch()?;
        }
        if self
            .job
            .settings
            .max_batches
            .is_some_and(|limit| self.summary.batches >= limit)
        {
            return Ok(());
        }
        self.drain()
    }

    /// Stops receiving, and processes what was received.
    fn drain(&mut self) -> Result<()> {
        self.job.inputs.iter_mut().for_each(|input| input.stop());
        if self.generate()? {
            self.run_batch()
        } else {
            Ok(())
        }
    }

    fn is_over(&self) -> bool {
        let Settings {
            max_batches,
            duration,
            ..
        } = &self.job.settings;
        self.job.inputs.iter().all(|input| input.is_finished())
            || max_batches.is_some_and(|limit| self.summary.batches >= limit)
            || duration.is_some_and(|limit| self.next.since(self.zero_time) > limit)
    }

    /// Whether all input is there already, so that batches need not wait for the clock.
    fn at_rest(&self) -> bool {
        self.job.inputs.iter().all(|input| input.is_at_rest())
    }

    fn next_batch(&mut self) -> Result<()> {
        self.generate()?;
        self.run_batch()
    }

    /// Fixes the input of the next batch; whether there is any.
    fn generate(&mut self) -> Result<bool> {
        let mut any = false;
        for input in &mut self.job.inputs {
            any |= input.generate(self.next)?;
        }
        Ok(any)
    }

    fn run_batch(&mut self) -> Result<()> {
        let time = self.next;
        self.next = time + self.job.settings.batch_interval;
        let scheduling_delay = self.scheduling_delay(time);
        let started = Instant::now();
        let done = self.attempts(time)?;
        done.frames.into_iter().for_each(|frame| frame.commit());
        let info = BatchInfo {
            time,
            records: done.records,
            scheduling_delay,
            processing_time: started.elapsed(),
            outputs: done.outputs,
        };
        tracing::debug!(batch = %time, records = info.records, delay = ?info.total_delay(), "batch completed");
        self.summary.add(&info);
        self.job
            .inputs
            .iter_mut()
            .for_each(|input| input.commit(time));
        self.job
            .settings
            .on_batch
            .iter_mut()
            .for_each(|listen| listen(&info));
        Ok(())
    }

    fn scheduling_delay(&self, time: BatchTime) -> Duration {
        if self.at_rest() {
            Duration::ZERO
        } else {
            self.job.settings.clock.now().since(time)
        }
    }

    /// Runs the batch function until it succeeds or has failed too often.
    fn attempts(&mut self, time: BatchTime) -> Result<crate::context::Done> {
        let mut attempt = 1;
        loop {
            let context = BatchContext::new(time, self.partitions, self.engine, &self.console);
            match (self.job.batch)(&context) {
                Ok(()) => return Ok(context.into_done()),
                Err(failure) if attempt >= self.job.settings.attempts => {
                    return Err(Error::Batch { time, failure });
                }
                Err(failure) => {
                    tracing::warn!(batch = %time, attempt, %failure, "batch failed, trying again")
                }
            }
            attempt += 1;
        }
    }
}
