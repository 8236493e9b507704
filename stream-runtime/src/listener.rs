//! Listeners: who is told what happens in a running job, as it happens.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::metrics::{BatchInfo, InputInfo, OutputDone, ReceiverStatus};
use crate::plan::Plan;
use crate::site::{Site, panic_message};
use crate::time::BatchTime;

/// Someone who is told what happens in a job: Spark's `StreamingListener`.
///
/// Each method does nothing until it is written. Those of a batch are called in this order:
/// submitted, started, then for each output started and completed, and at last completed, or failed
/// and started once more. They are called on the driver's thread, and those of receivers on theirs;
/// the job waits for them, so they should be quick. One that panics is not called any more.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::TestRun;
/// use stream_runtime::{BatchInfo, Listener};
///
/// stream!(
///     fn show(words: Stream<&str>) {
///         words.print();
///     }
/// );
///
/// /// Tells another thread how large batches are.
/// struct Sizes(mpsc::Sender<u64>);
///
/// impl Listener for Sizes {
///     fn on_batch_completed(&mut self, batch: &BatchInfo) {
///         // Nobody has to be interested.
///         let _ = self.0.send(batch.records);
///     }
/// }
///
/// let (sizes, received) = mpsc::channel();
/// let job = show(queue([vec!["to", "be"], vec!["or"]])).listener(Sizes(sizes));
/// TestRun::new().job(job, 2)?;
/// assert_eq!(received.iter().collect::<Vec<_>>(), [2, 1]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[expect(unused_variables, reason = "the names say what is given")]
pub trait Listener: Send + 'static {
    /// The job has started: its inputs are open.
    fn on_stream_started(&mut self, stream: &StreamStarted) {}

    /// The job has ended.
    fn on_stream_stopped(&mut self, stream: &StreamStopped) {}

    /// A receiver has been started, for the first time or again after an error.
    fn on_receiver_started(&mut self, receiver: &ReceiverInfo) {}

    /// A receiver reports an error, or has ended with one and is started again.
    fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {}

    /// A receiver receives no more.
    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {}

    /// The input of a batch is fixed.
    fn on_batch_submitted(&mut self, batch: &BatchSubmitted) {}

    /// A batch is begun, for the first time or again.
    fn on_batch_started(&mut self, batch: &BatchStarted) {}

    /// All outputs of a batch are done.
    fn on_batch_completed(&mut self, batch: &BatchInfo) {}

    /// A batch has failed.
    fn on_batch_failed(&mut self, batch: &BatchFailed) {}

    /// An output of a batch is begun.
    fn on_output_started(&mut self, output: &OutputStarted) {}

    /// An output of the batch at `time` has ended, well or with a failure.
    fn on_output_completed(&mut self, time: BatchTime, output: &OutputDone) {}
}

/// A job that has started.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StreamStarted {
    /// When, on the job's clock.
    pub time: BatchTime,
    /// The plan of the pipeline.
    pub plan: &'static Plan,
    /// The batch interval.
    pub batch_interval: Duration,
    /// How many threads run the stages.
    pub threads: usize,
    /// Into how many partitions a shuffle deals its records.
    pub partitions: usize,
}

/// A job that has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StreamStopped {
    /// When, on the job's clock.
    pub time: BatchTime,
    /// Why, if it is an error.
    pub error: Option<String>,
}

/// A receiver.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceiverInfo {
    /// The parameter of the pipeline that it feeds.
    pub input: Arc<str>,
    /// How it is getting on.
    pub status: ReceiverStatus,
}

/// A batch whose input is fixed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchSubmitted {
    /// The end of the interval that the batch covers.
    pub time: BatchTime,
    /// When its input was fixed.
    pub submitted: BatchTime,
    /// What the inputs gave.
    pub inputs: Vec<InputInfo>,
}

/// A batch that is begun.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchStarted {
    /// The end of the interval that the batch covers.
    pub time: BatchTime,
    /// When it was begun.
    pub started: BatchTime,
    /// From when it was due to when it was begun for the first time.
    pub scheduling_delay: Duration,
    /// Which attempt this is, from 1 on.
    pub attempt: u32,
}

/// A batch that has failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchFailed {
    /// The end of the interval that the batch covers.
    pub time: BatchTime,
    /// Which attempt it was, from 1 on.
    pub attempt: u32,
    /// Which operator or output, and why.
    pub failure: String,
    /// What becomes of it.
    pub next: AfterFailure,
}

/// What becomes of a batch that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterFailure {
    /// It is tried again.
    Retry,
    /// The records that make it fail are looked for, and put aside.
    DeadLetters,
    /// The job ends.
    Stop,
}

impl fmt::Display for AfterFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retry => "it is tried again",
            Self::DeadLetters => "the records that make it fail are looked for",
            Self::Stop => "the job ends",
        })
    }
}

/// An output that is begun.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OutputStarted {
    /// The batch that it belongs to.
    pub time: BatchTime,
    /// Its number: outputs are counted from 0, in the order of the program.
    pub id: usize,
    /// The output operation.
    pub site: Site,
    /// How many records it is given.
    pub records: u64,
}

/// All listeners of a job. Clones are handles to the same ones.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    all: Arc<Mutex<Vec<Box<dyn Listener>>>>,
}

impl Listeners {
    pub(crate) fn add(&self, listener: impl Listener) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Box::new(listener));
    }

    /// Calls `tell` with each listener, and leaves out those that panic from then on.
    pub(crate) fn tell(&self, mut tell: impl FnMut(&mut dyn Listener)) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain_mut(|listener| {
            // One that panics is dropped, in whatever state it is.
            let told = catch_unwind(AssertUnwindSafe(|| tell(&mut **listener)));
            if let Err(payload) = &told {
                let message = panic_message(&**payload);
                tracing::warn!(%message, "a listener panicked, and is not called any more");
            }
            told.is_ok()
        });
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

/// A function that is told of completed batches.
pub(crate) struct OnBatch<F>(pub(crate) F);

impl<F: FnMut(&BatchInfo) + Send + 'static> Listener for OnBatch<F> {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        (self.0)(batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::completed;

    #[test]
    fn a_listener_that_panics_is_left_out_and_the_others_are_not() {
        let listeners = Listeners::default();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (first, second) = (Arc::clone(&seen), Arc::clone(&seen));
        listeners.add(OnBatch(move |batch: &BatchInfo| {
            first.lock().unwrap().push(batch.records);
            assert_ne!(batch.records, 2);
        }));
        listeners.add(OnBatch(move |batch: &BatchInfo| {
            second.lock().unwrap().push(batch.records * 10);
        }));
        for records in 1..=3 {
            let batch = completed(records, 0, 0);
            listeners.tell(|listener| listener.on_batch_completed(&batch));
        }
        assert_eq!(*seen.lock().unwrap(), [1, 10, 2, 20, 30]);
    }
}
