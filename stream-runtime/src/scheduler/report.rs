//! Tells whoever wants to know of batches.

use std::time::Duration;

use super::Driver;
use super::attempts::Ran;
use crate::error::Result;
use crate::listener::BatchSubmitted;
use crate::metrics::{BatchInfo, InputInfo, StateInfo};
use crate::time::BatchTime;

impl Driver<'_> {
    /// The input of the batch at `time` is fixed: what it is.
    pub(super) fn submitted(&self, time: BatchTime) -> Vec<InputInfo> {
        let inputs = self.job.inputs.iter().map(|input| input.given(time));
        let batch = BatchSubmitted {
            time,
            submitted: self.services.clock.now(),
            inputs: inputs.collect(),
        };
        let listeners = self.listeners();
        listeners.tell(|listener| listener.on_batch_submitted(&batch));
        batch.inputs
    }

    /// The batch at `time` is done.
    ///
    /// # Errors
    ///
    /// When the checkpoint could not be written.
    pub(super) fn completed(
        &mut self,
        (time, interval): (BatchTime, Duration),
        started: BatchTime,
        inputs: Vec<InputInfo>,
        ran: Ran,
    ) -> Result<BatchInfo> {
        let ended = self.services.clock.now();
        let transactions = self.services.transactions.get_mut();
        let checkpoint = transactions.info(ended)?;
        let batch = BatchInfo {
            time,
            interval,
            records: ran.done.records.iter().sum(),
            started,
            ended,
            scheduling_delay: self.scheduling_delay(time, started),
            processing_time: ended.since(started),
            attempts: ran.attempts,
            waiting: self.schedule.due(self.next, ended),
            dead: ran.dead,
            inputs: counted(inputs, &ran.done.records),
            late: ran.done.late(),
            stages: ran.done.stages,
            outputs: ran.done.outputs,
            watermarks: ran.done.watermarks,
            states: self.states(),
            checkpoint,
        };
        let (delay, records) = (batch.total_delay(), batch.records);
        tracing::debug!(batch = %batch.time, records, ?delay, "batch completed");
        let listeners = self.listeners();
        listeners.tell(|listener| listener.on_batch_completed(&batch));
        Ok(batch)
    }

    /// For how long a batch that was begun then had to wait.
    pub(super) fn scheduling_delay(&self, time: BatchTime, started: BatchTime) -> Duration {
        match self.schedule.at_rest {
            true => Duration::ZERO,
            false => started.since(time),
        }
    }

    fn states(&self) -> Vec<StateInfo> {
        let mut states = Vec::new();
        self.services.states.for_each(|name, state| {
            let size = state.size();
            states.push(StateInfo {
                name,
                keys: size.keys,
                bytes: size.bytes,
            });
        });
        states
    }
}

/// The inputs with the records that were counted.
fn counted(mut inputs: Vec<InputInfo>, records: &[u64]) -> Vec<InputInfo> {
    for (at, input) in inputs.iter_mut().enumerate() {
        input.records = records.get(at).copied().unwrap_or(0);
    }
    inputs
}
