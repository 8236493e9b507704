//! What a job has done since it started: sums, whose number depends on the plan alone.

use std::sync::Arc;

use serde::Serialize;

use super::delays::Delays;
use super::view::{BatchView, ReceiverView, message};
use crate::listener::BatchSubmitted;
use crate::metrics::{OutputDone, ReceiverStatus};
use crate::plan::Plan;
use crate::time::BatchTime;

/// What a job has done since it started.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// How many batches were completed.
    pub batches: u64,
    /// How many records came into the batches that were submitted: about, until they are completed.
    pub received: u64,
    /// How many records the completed batches had.
    pub processed: u64,
    /// How many attempts of batches failed.
    pub failed_attempts: u64,
    /// How many records were put aside because they failed.
    pub dead: u64,
    /// How many records came too late.
    pub late: u64,
    /// The delays of all completed batches.
    pub delays: Delays,
    /// The inputs, in the order of the parameters.
    pub inputs: Vec<InputTotals>,
    /// The stages of the plan.
    pub stages: Vec<StageTotals>,
    /// The outputs, in the order of the program.
    pub outputs: Vec<OutputTotals>,
}

/// What an input has given.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct InputTotals {
    /// The parameter of the pipeline that it feeds.
    pub name: Arc<str>,
    /// How many records, in the completed batches.
    pub records: u64,
    /// About how many bytes, in the completed batches.
    pub bytes: u64,
    /// Records per second of batch interval, over the last batches.
    pub records_per_second: f64,
    /// Its receiver, if it has one.
    pub receiver: Option<ReceiverView>,
}

/// What a stage has done.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct StageTotals {
    /// Its number in the plan.
    pub stage: usize,
    /// How many records it had before it.
    pub records: u64,
    /// How many tasks it had.
    pub tasks: u64,
    /// How long it took.
    pub duration_us: u64,
    /// Records per second of batch interval, over the last batches.
    pub records_per_second: f64,
}

/// What an output has done, failed attempts included.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OutputTotals {
    /// Its number, in the order of the program.
    pub id: usize,
    /// The output operation with its sink, such as `to counts`.
    pub name: String,
    /// How often it was run.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// How many records it was given.
    pub records: u64,
    /// How long it took.
    pub duration_us: u64,
    /// Records per second of batch interval, over the last batches.
    pub records_per_second: f64,
    /// The batch at which it failed last.
    pub last_failure_us: Option<u64>,
    /// Why it failed last.
    pub last_failure: Option<Arc<str>>,
}

impl Totals {
    /// Nothing yet, of each input and each part of the plan.
    pub(super) fn of<'n>(inputs: impl Iterator<Item = &'n str>, plan: &Plan) -> Self {
        let outputs = plan.nodes.iter().filter(|node| node.output);
        let stages = plan.nodes.iter().map(|node| node.stage + 1).max();
        Self {
            inputs: inputs.map(InputTotals::new).collect(),
            stages: (0..stages.unwrap_or(0)).map(StageTotals::new).collect(),
            outputs: outputs
                .enumerate()
                .map(|(id, node)| OutputTotals::new(id, node.title()))
                .collect(),
            ..Self::default()
        }
    }

    pub(super) fn submitted(&mut self, batch: &BatchSubmitted) {
        for input in &batch.inputs {
            self.received += input.records;
            if let Some(status) = &input.receiver {
                self.receiver(input.name, status);
            }
        }
    }

    /// The receiver of an input is getting on like this.
    pub(super) fn receiver(&mut self, input: &str, status: &ReceiverStatus) {
        if let Some(input) = self.inputs.iter_mut().find(|it| &*it.name == input) {
            input.receiver = Some(status.into());
        }
    }

    pub(super) fn output(&mut self, time: BatchTime, done: &OutputDone) {
        let Some(output) = self.outputs.get_mut(done.id) else {
            return;
        };
        output.runs += 1;
        output.records += done.records;
        output.duration_us += super::view::micros(done.duration);
        if let Some(failure) = &done.failure {
            output.failures += 1;
            output.last_failure_us = Some(time.as_micros());
            output.last_failure = Some(message(failure));
        }
    }

    pub(super) fn completed(&mut self, batch: &BatchView, submitted: u64) {
        self.batches += 1;
        // What was submitted was about so much; now it is known.
        self.received = self.received.saturating_sub(submitted) + batch.records;
        self.processed += batch.records;
        self.dead += batch.dead;
        self.late += batch.late.iter().map(|late| late.records).sum::<u64>();
        self.delays.add(batch);
        for input in &batch.inputs {
            if let Some(total) = self.inputs.iter_mut().find(|it| *it.name == *input.name) {
                total.records += input.records;
                total.bytes += input.bytes;
            }
        }
        for stage in &batch.stages {
            if let Some(total) = self.stages.get_mut(stage.stage) {
                total.records += stage.records;
                total.tasks += stage.tasks as u64;
                total.duration_us += stage.duration_us;
            }
        }
    }

    /// Sets the rates to those of these batches.
    pub(super) fn set_rates<'b>(&mut self, batches: impl Iterator<Item = &'b BatchView>) {
        let mut seconds = 0.0;
        let (mut inputs, mut stages, mut outputs) = (
            vec![0; self.inputs.len()],
            vec![0; self.stages.len()],
            vec![0; self.outputs.len()],
        );
        for batch in batches {
            seconds += batch.interval_us as f64 / 1e6;
            for (at, input) in batch.inputs.iter().enumerate() {
                add(&mut inputs, at, input.records);
            }
            for stage in &batch.stages {
                add(&mut stages, stage.stage, stage.records);
            }
            for output in &batch.outputs {
                add(&mut outputs, output.id, output.records);
            }
        }
        let rate = |records: u64| match seconds > 0.0 {
            true => records as f64 / seconds,
            false => 0.0,
        };
        for (input, records) in self.inputs.iter_mut().zip(inputs) {
            input.records_per_second = rate(records);
        }
        for (stage, records) in self.stages.iter_mut().zip(stages) {
            stage.records_per_second = rate(records);
        }
        for (output, records) in self.outputs.iter_mut().zip(outputs) {
            output.records_per_second = rate(records);
        }
    }
}

fn add(sums: &mut [u64], at: usize, records: u64) {
    if let Some(sum) = sums.get_mut(at) {
        *sum += records;
    }
}

impl InputTotals {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            records: 0,
            bytes: 0,
            records_per_second: 0.0,
            receiver: None,
        }
    }
}

impl StageTotals {
    fn new(stage: usize) -> Self {
        Self {
            stage,
            ..Self::default()
        }
    }
}

impl OutputTotals {
    fn new(id: usize, name: String) -> Self {
        Self {
            id,
            name,
            runs: 0,
            failures: 0,
            records: 0,
            duration_us: 0,
            records_per_second: 0.0,
            last_failure_us: None,
            last_failure: None,
        }
    }
}
