//! What a monitor keeps, and how events change it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::RETAINED_BATCHES;
use super::live::{AtView, JobView, Live, RunningView, state_name};
use super::totals::Totals;
use super::verdict::{newest, verdict};
use super::view::{
    BatchView, CheckpointView, FailureView, InputView, LateView, OutputView, StateView,
    WatermarkView, message, micros,
};
use crate::listener::{
    AfterFailure, BatchFailed, BatchStarted, BatchSubmitted, ReceiverInfo, StreamStarted,
    StreamStopped,
};
use crate::metrics::{BatchInfo, OutputDone};
use crate::plan::Plan;
use crate::progress;
use crate::time::BatchTime;

/// How many failures are kept: of one batch, and of all.
const FAILURES: usize = 20;

/// How many of the batches that wait are shown.
const WAITING: u64 = 20;

/// What a monitor keeps. All of it is bounded: by the plan, or by a number above.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Another number after each event.
    pub(super) version: u64,
    started: Option<StreamStarted>,
    stopped: Option<StreamStopped>,
    /// The batch that is submitted and not completed.
    current: Option<Current>,
    batches: VecDeque<Arc<BatchView>>,
    totals: Totals,
    late: Vec<LateView>,
    watermarks: Vec<WatermarkView>,
    states: Vec<StateView>,
    checkpoint: Option<CheckpointView>,
    failures: VecDeque<FailureView>,
}

/// A batch that is submitted and not completed.
#[derive(Debug)]
struct Current {
    time: BatchTime,
    submitted: BatchTime,
    inputs: Vec<InputView>,
    /// When it was begun for the first time.
    started: Option<BatchTime>,
    scheduling_delay: Duration,
    attempt: u32,
    outputs: Vec<OutputView>,
    failures: VecDeque<FailureView>,
    has_failed: bool,
}

impl Seen {
    pub(super) fn new<'n>(inputs: impl Iterator<Item = &'n str>, plan: &Plan) -> Self {
        Self {
            totals: Totals::of(inputs, plan),
            ..Self::default()
        }
    }

    pub(super) fn started(&mut self, stream: &StreamStarted) {
        self.started = Some(stream.clone());
    }

    pub(super) fn stopped(&mut self, stream: &StreamStopped) {
        self.stopped = Some(StreamStopped {
            error: stream.error.as_deref().map(|it| message(it).to_string()),
            ..stream.clone()
        });
    }

    pub(super) fn receiver(&mut self, receiver: &ReceiverInfo) {
        self.totals.receiver(&receiver.input, &receiver.status);
    }

    pub(super) fn submitted(&mut self, batch: &BatchSubmitted) {
        self.totals.submitted(batch);
        self.current = Some(Current {
            time: batch.time,
            submitted: batch.submitted,
            inputs: batch.inputs.iter().map(InputView::from).collect(),
            started: None,
            scheduling_delay: Duration::ZERO,
            attempt: 1,
            outputs: Vec::new(),
            failures: VecDeque::new(),
            has_failed: false,
        });
    }

    pub(super) fn begun(&mut self, batch: &BatchStarted) {
        if let Some(current) = &mut self.current {
            current.started.get_or_insert(batch.started);
            current.scheduling_delay = batch.scheduling_delay;
            current.attempt = batch.attempt;
            current.outputs.clear();
        }
    }

    pub(super) fn output(&mut self, time: BatchTime, output: &OutputDone) {
        self.totals.output(time, output);
        if let Some(current) = &mut self.current {
            current.outputs.push(output.into());
        }
    }

    pub(super) fn failed(&mut self, batch: &BatchFailed) {
        self.totals.failed_attempts += 1;
        push(&mut self.failures, batch.into(), FAILURES);
        if let Some(current) = &mut self.current {
            push(&mut current.failures, batch.into(), FAILURES);
            current.has_failed = batch.next == AfterFailure::Stop;
        }
    }

    pub(super) fn completed(&mut self, batch: &BatchInfo) {
        let current = self.current.take();
        let (submitted_us, received, failures) = match current {
            Some(current) => (
                current.submitted.as_micros(),
                current.inputs.iter().map(|input| input.records).sum(),
                current.failures.into(),
            ),
            None => (batch.started.as_micros(), 0, Vec::new()),
        };
        let number = self.totals.batches + 1;
        let view = Arc::new(BatchView::new(batch, number, submitted_us, failures));
        self.totals.completed(&view, received);
        self.note_late(&view.late);
        self.watermarks.clone_from(&view.watermarks);
        self.states.clone_from(&view.states);
        self.checkpoint.clone_from(&view.checkpoint);
        push(&mut self.batches, view, RETAINED_BATCHES);
    }

    /// Adds up late records by their window.
    fn note_late(&mut self, late: &[LateView]) {
        for late in late {
            match self.late.iter_mut().find(|it| it.site == late.site) {
                Some(sum) => sum.records += late.records,
                None => self.late.push(late.clone()),
            }
        }
    }

    pub(super) fn batches_after(&self, number: u64, limit: usize) -> Vec<Arc<BatchView>> {
        // Numbers go up by one, and the oldest has the lowest.
        let first = self.batches.front().map_or(0, |batch| batch.number);
        let known = usize::try_from((number + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        let skip = known.max(self.batches.len().saturating_sub(limit));
        self.batches.iter().skip(skip).cloned().collect()
    }

    pub(super) fn batch(&self, time_us: u64) -> Option<Arc<BatchView>> {
        let mut batches = self.batches.iter().rev();
        batches.find(|batch| batch.time_us == time_us).cloned()
    }

    pub(super) fn live(
        &self,
        plan: &'static Plan,
        package: (&'static str, &'static str),
        now: &progress::Snapshot,
    ) -> Live {
        let batches = || self.batches.iter().map(|batch| &**batch);
        let error = self.stopped.as_ref().and_then(|it| it.error.as_deref());
        let mut totals = self.totals.clone();
        totals.set_rates(newest(batches()));
        Live {
            job: self.job(plan, package, now),
            verdict: verdict(now, error, self.failure(), newest(batches())),
            totals,
            running: self.running(now),
            waiting: now.waiting,
            waiting_us: self.waiting(now),
            retained: self.batches.len(),
            watermarks: self.watermarks.clone(),
            late: self.late.clone(),
            states: self.states.clone(),
            checkpoint: self.checkpoint(now),
            failures: self.failures.iter().cloned().collect(),
        }
    }

    fn job(
        &self,
        plan: &'static Plan,
        (package, version): (&'static str, &'static str),
        now: &progress::Snapshot,
    ) -> JobView {
        let (started, stopped) = (self.started.as_ref(), self.stopped.as_ref());
        let error = stopped.and_then(|it| it.error.as_deref());
        JobView {
            pipeline: plan.pipeline,
            package,
            version,
            state: state_name(now.state),
            started_us: started.map(|it| it.time.as_micros()),
            stopped_us: stopped.map(|it| it.time.as_micros()),
            elapsed_us: micros(now.summary.elapsed),
            error: error.map(Into::into),
            batch_interval_us: micros(now.batch_interval),
            threads: started.map_or(0, |it| it.threads),
            partitions: started.map_or(0, |it| it.partitions),
        }
    }

    /// The checkpoint, which grows older while no batch is completed.
    fn checkpoint(&self, now: &progress::Snapshot) -> Option<CheckpointView> {
        let mut checkpoint = self.checkpoint.clone()?;
        if let (Some(started), Some(committed)) = (&self.started, checkpoint.committed_us) {
            let now_us = (started.time + now.summary.elapsed).as_micros();
            checkpoint.age_us = checkpoint.age_us.max(now_us.saturating_sub(committed));
        }
        Some(checkpoint)
    }

    /// Why the batch under way failed when it was tried before.
    fn failure(&self) -> Option<&str> {
        let current = self.current.as_ref()?;
        current.failures.back().map(|failure| &*failure.failure)
    }

    fn running(&self, now: &progress::Snapshot) -> Option<RunningView> {
        let current = self.current.as_ref()?;
        // It may be another batch already, as one is asked after the other.
        let running = now.running.as_ref().filter(|it| it.time == current.time);
        Some(RunningView {
            time_us: current.time.as_micros(),
            submitted_us: current.submitted.as_micros(),
            started_us: current.started.map(BatchTime::as_micros),
            elapsed_us: running.map_or(0, |running| micros(running.elapsed)),
            scheduling_us: micros(current.scheduling_delay),
            records: current.inputs.iter().map(|input| input.records).sum(),
            inputs: current.inputs.clone(),
            attempt: current.attempt,
            outputs: current.outputs.clone(),
            failures: current.failures.iter().cloned().collect(),
            has_failed: current.has_failed,
            at: running.and_then(|running| running.at.as_ref().map(AtView::from)),
        })
    }

    /// The times of the batches that wait, one interval after the other.
    fn waiting(&self, now: &progress::Snapshot) -> Vec<u64> {
        let current = self
            .current
            .as_ref()
            .map(|current| current.time.as_micros());
        let newest = self.batches.back().map(|batch| batch.time_us);
        let Some(before) = current.or(newest) else {
            return Vec::new();
        };
        let interval = micros(now.batch_interval);
        (1..=now.waiting.min(WAITING))
            .map(|at| before.saturating_add(at.saturating_mul(interval)))
            .collect()
    }
}

/// Adds something new; when there are too many, the oldest goes.
fn push<T>(all: &mut VecDeque<T>, new: T, limit: usize) {
    if all.len() >= limit {
        all.pop_front();
    }
    all.push_back(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::completed;
    use crate::site::Site;

    fn seen(batches: u64) -> Seen {
        let mut seen = Seen::default();
        for number in 1..=batches {
            let mut batch = completed(number, 0, 10);
            batch.time = BatchTime::from_millis(number);
            seen.completed(&batch);
        }
        seen
    }

    #[test]
    fn the_newest_batches_are_kept_and_the_sums_are_of_all() {
        let seen = seen(2_500);
        assert_eq!(seen.batches.len(), RETAINED_BATCHES);
        assert_eq!(seen.totals.batches, 2_500);
        assert_eq!(seen.totals.processed, 2_500 * 2_501 / 2);
        assert_eq!(seen.totals.delays.processing.count(), 2_500);
        assert!(seen.batch(1_500_000).is_none());
        assert_eq!(seen.batch(1_501_000).unwrap().number, 1_501);
    }

    #[test]
    fn batches_are_given_from_a_number_on() {
        let numbers = |seen: &Seen, after, limit| -> Vec<u64> {
            let batches = seen.batches_after(after, limit);
            batches.iter().map(|batch| batch.number).collect()
        };
        for all in [seen(5), seen(1_003)] {
            let last = all.totals.batches;
            assert_eq!(numbers(&all, last - 2, 9), [last - 1, last]);
            assert_eq!(numbers(&all, last, 9), [0; 0]);
            assert_eq!(numbers(&all, 0, 2), [last - 1, last]);
        }
        assert_eq!(numbers(&seen(5), 0, 9), [1, 2, 3, 4, 5]);
        assert_eq!(numbers(&Seen::default(), 0, 9), [0; 0]);
    }

    #[test]
    fn a_batch_keeps_the_failures_of_its_attempts() {
        let mut seen = seen(0);
        seen.submitted(&BatchSubmitted {
            time: BatchTime::ZERO,
            submitted: BatchTime::ZERO,
            inputs: Vec::new(),
        });
        for attempt in 1..=30 {
            seen.failed(&BatchFailed {
                time: BatchTime::ZERO,
                attempt,
                failure: "é".repeat(5_000),
                next: AfterFailure::Retry,
            });
        }
        assert_eq!(seen.failure().unwrap().chars().count(), 2_001);
        seen.completed(&completed(1, 0, 10));
        let batch = seen.batch(0).unwrap();
        assert_eq!(batch.failures.len(), FAILURES);
        assert_eq!(batch.failures[0].attempt, 11);
        assert_eq!(seen.totals.failed_attempts, 30);
    }

    #[test]
    fn late_records_add_up_by_window() {
        let mut seen = seen(0);
        let site = Site::here("tumbling");
        for records in [2, 0, 3] {
            let mut batch = completed(9, 0, 10);
            batch.late = vec![crate::metrics::LateInfo { site, records }];
            seen.completed(&batch);
        }
        assert_eq!((seen.late.len(), seen.late[0].records), (1, 5));
        assert_eq!(seen.totals.late, 5);
    }

    #[test]
    fn what_was_received_is_corrected_when_it_is_counted() {
        let mut seen = seen(0);
        for about in [7, 0] {
            seen.submitted(&BatchSubmitted {
                time: BatchTime::ZERO,
                submitted: BatchTime::ZERO,
                inputs: vec![crate::metrics::InputInfo {
                    name: "words",
                    records: about,
                    bytes: 0,
                    receiver: None,
                }],
            });
            seen.completed(&completed(10, 0, 10));
        }
        assert_eq!((seen.totals.received, seen.totals.processed), (20, 20));
    }
}
