//! A monitor: what is known of a running job, kept in bounded memory, for whoever shows it.
//!
//! [`Monitor`] listens to a job and keeps its newest batches, its sums and the histograms of its
//! delays. It says how the job is getting on in a word, the [`Verdict`], and gives everything as
//! plain data that serde writes, and as [`Metrics`]. It needs no web server; the one behind the feature
//! `dashboard` shows a monitor, and gives its metrics to Prometheus.
//!
//! | file | what is in it |
//! |---|---|
//! | `seen` | what is kept, and how events change it |
//! | `totals`, `delays` | sums and histograms of the whole run |
//! | `live`, `view`, `convert` | what is shown of the job and of a batch, and what it is made of |
//! | `verdict` | stable, falling behind, idle or stuck, and why |
//! | `metrics` | the metrics |
//! | `families`, `parts`, `samples` | the table of metrics: of the job, of its parts, and its entries |

mod convert;
mod delays;
pub(crate) mod families;
mod live;
mod metrics;
mod parts;
mod samples;
mod seen;
mod totals;
mod verdict;
mod view;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::job::Job;
use crate::listener::{
    BatchFailed, BatchStarted, BatchSubmitted, Listener, ReceiverInfo, StreamStarted, StreamStopped,
};
use crate::metrics::{BatchInfo, OutputDone};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::time::BatchTime;

use seen::Seen;

pub use delays::{DELAY_BOUNDS_US, Delays, Histogram};
pub use live::{AtView, JobView, Live, RunningView, Snapshot};
pub use metrics::{Family, Kind, Metrics, Sample};
pub use totals::{InputTotals, OutputTotals, StageTotals, Totals};
pub use verdict::{Verdict, VerdictKind};
pub use view::{
    BatchRow, BatchView, CheckpointView, FailureView, InputView, LateView, OutputView,
    ReceiverView, StageView, StateView, WatermarkView,
};

/// How many completed batches a monitor keeps.
pub const RETAINED_BATCHES: usize = 1_000;

/// What is known of a running job: a listener, and a handle that other threads ask.
///
/// Clones are handles to the same monitor. It takes less than a microsecond of each batch, and keeps the
/// newest [`RETAINED_BATCHES`] batches of some kilobytes each, however long the job runs.
///
/// # Examples
///
/// ```
/// use stream_runtime::monitor::{Monitor, VerdictKind};
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::TestRun;
///
/// stream!(
///     fn show(words: Stream<&str>) {
///         words.print();
///     }
/// );
///
/// let job = show(queue([vec!["to", "be"], vec!["or"]]));
/// let monitor = Monitor::of(&job);
/// TestRun::new().job(job, 2)?;
///
/// let seen = monitor.snapshot();
/// assert_eq!(seen.live.verdict.kind, VerdictKind::Stopped);
/// assert_eq!(seen.live.totals.inputs[0].records, 3);
/// let records: Vec<u64> = seen.batches.iter().map(|batch| batch.records).collect();
/// assert_eq!(records, [2, 1]);
///
/// let metrics = monitor.metrics().families;
/// let records = metrics.iter().find(|it| it.name == "stream_input_records_total");
/// assert_eq!(records.unwrap().samples[0].value, 3.0);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Monitor {
    plan: &'static Plan,
    package: (&'static str, &'static str),
    progress: Progress,
    seen: Arc<Mutex<Seen>>,
}

impl Monitor {
    /// A monitor that listens to `job` from its start on.
    pub fn of(job: &Job) -> Self {
        let inputs = job.inputs.iter().map(|input| input.name());
        let monitor = Self {
            plan: job.plan,
            package: job.package,
            progress: job.progress(),
            seen: Arc::new(Mutex::new(Seen::new(inputs, job.plan))),
        };
        job.settings.listeners.add(monitor.clone());
        monitor
    }

    /// The plan of the pipeline.
    pub fn plan(&self) -> &'static Plan {
        self.plan
    }

    /// The job at this moment, with its newest batches.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            live: self.live(),
            batches: self.batches_after(0, RETAINED_BATCHES),
        }
    }

    /// The job at this moment, without its batches.
    pub fn live(&self) -> Live {
        let now = self.progress.now();
        self.seen().live(self.plan, self.package, &now)
    }

    /// The completed batches that are kept and have a higher number than `number`, the oldest first;
    /// if they are more than `limit`, the newest of them.
    pub fn batches_after(&self, number: u64, limit: usize) -> Vec<Arc<BatchView>> {
        self.seen().batches_after(number, limit)
    }

    /// The batch at this time, if it is completed and kept.
    pub fn batch(&self, time: BatchTime) -> Option<Arc<BatchView>> {
        self.seen().batch(time.as_micros())
    }

    /// The metrics of the job at this moment.
    pub fn metrics(&self) -> Metrics {
        let newest = self.batches_after(0, 1);
        Metrics::of(&self.live(), newest.last().map(|batch| &**batch))
    }

    /// A number that is another one after each event.
    pub fn version(&self) -> u64 {
        self.seen().version
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen();
        note(&mut seen);
        seen.version += 1;
    }
}

impl Listener for Monitor {
    fn on_stream_started(&mut self, stream: &StreamStarted) {
        self.note(|seen| seen.started(stream));
    }

    fn on_stream_stopped(&mut self, stream: &StreamStopped) {
        self.note(|seen| seen.stopped(stream));
    }

    fn on_receiver_started(&mut self, receiver: &ReceiverInfo) {
        self.note(|seen| seen.receiver(receiver));
    }

    fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {
        self.note(|seen| seen.receiver(receiver));
    }

    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {
        self.note(|seen| seen.receiver(receiver));
    }

    fn on_batch_submitted(&mut self, batch: &BatchSubmitted) {
        self.note(|seen| seen.submitted(batch));
    }

    fn on_batch_started(&mut self, batch: &BatchStarted) {
        self.note(|seen| seen.begun(batch));
    }

    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.note(|seen| seen.completed(batch));
    }

    fn on_batch_failed(&mut self, batch: &BatchFailed) {
        self.note(|seen| seen.failed(batch));
    }

    fn on_output_completed(&mut self, time: BatchTime, output: &OutputDone) {
        self.note(|seen| seen.output(time, output));
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("pipeline", &self.plan.pipeline)
            .finish_non_exhaustive()
    }
}
