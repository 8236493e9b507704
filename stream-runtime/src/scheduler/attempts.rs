//! Runs the batch function until it succeeds.

use std::time::Duration;

use super::Driver;
use crate::context::{BatchContext, Done, Outputs, run_batch};
use crate::error::{Error, Failure, Result};
use crate::listener::{AfterFailure, BatchFailed, BatchStarted};
use crate::time::BatchTime;

/// The longest wait before a batch is tried again.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(30);

/// A batch that has succeeded.
pub(super) struct Ran {
    pub(super) done: Done,
    pub(super) attempts: u32,
    /// How many of its records were put aside.
    pub(super) dead: u64,
}

impl Driver<'_> {
    /// Runs the batch function until it succeeds; fails when it has failed too often. What a failed
    /// attempt added to accumulators is dropped with its context.
    pub(super) fn attempts(&mut self, time: BatchTime, begun: BatchTime) -> Result<Ran> {
        let mut attempt = 1;
        loop {
            self.tell_started(time, begun, attempt);
            let failure = match self.attempt(time, begun, Outputs::Run) {
                Ok(done) => {
                    return Ok(Ran {
                        done,
                        attempts: attempt,
                        dead: 0,
                    });
                }
                Err(failure) => failure,
            };
            let next = self.after(&failure, attempt);
            self.tell_failed(time, attempt, &failure, next);
            match next {
                AfterFailure::Retry => {
                    self.roll_back()?;
                    self.pause(attempt);
                }
                AfterFailure::DeadLetters => {
                    return self.without_dead_letters(time, begun, attempt, failure);
                }
                AfterFailure::Stop => return Err(Error::Batch { time, failure }),
            }
            attempt += 1;
        }
    }

    /// Waits before the attempt after this one.
    fn pause(&self, attempt: u32) {
        let settings = &self.job.settings;
        let doubled = 2u32.saturating_pow(attempt - 1);
        let delay = settings.retry_delay.saturating_mul(doubled);
        if !delay.is_zero() {
            let clock = &self.services.clock;
            clock.wait_until(clock.now() + delay.min(RETRY_DELAY_MAX), &settings.stop);
        }
    }

    /// What becomes of a batch whose attempt of this number has failed.
    fn after(&self, failure: &Failure, attempt: u32) -> AfterFailure {
        let settings = &self.job.settings;
        let is_panic = matches!(failure, Failure::Panicked { .. });
        match settings.dead_letters {
            _ if attempt < settings.attempts => AfterFailure::Retry,
            Some(_) if is_panic => AfterFailure::DeadLetters,
            _ => AfterFailure::Stop,
        }
    }

    /// Runs the batch function once; what was added to accumulators counts if it succeeds and its
    /// outputs were run.
    pub(super) fn attempt(
        &mut self,
        time: BatchTime,
        begun: BatchTime,
        outputs: Outputs,
    ) -> Result<Done, Failure> {
        let context = BatchContext::new(time, begun, outputs, &self.services);
        run_batch(|| (self.job.batch)(&context))?;
        let mut done = context.into_done()?;
        if outputs == Outputs::Run {
            let frames = std::mem::take(&mut done.frames);
            frames.into_iter().for_each(|frame| frame.commit());
        }
        Ok(done)
    }

    /// Makes the states again what they were before the batch.
    pub(super) fn roll_back(&mut self) -> Result<()> {
        let transactions = self.services.transactions.get_mut();
        transactions.roll_back(&self.services.states)
    }

    fn tell_started(&self, time: BatchTime, begun: BatchTime, attempt: u32) {
        let batch = BatchStarted {
            time,
            started: self.services.clock.now(),
            scheduling_delay: self.scheduling_delay(time, begun),
            attempt,
        };
        let listeners = self.listeners();
        listeners.tell(|listener| listener.on_batch_started(&batch));
    }

    fn tell_failed(&self, time: BatchTime, attempt: u32, failure: &Failure, next: AfterFailure) {
        if next != AfterFailure::Stop {
            tracing::warn!(batch = %time, attempt, %failure, "batch failed: {next}");
        }
        let batch = BatchFailed {
            time,
            attempt,
            failure: failure.to_string(),
            next,
        };
        let listeners = self.listeners();
        listeners.tell(|listener| listener.on_batch_failed(&batch));
    }
}
