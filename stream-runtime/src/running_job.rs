//! A job that runs on a thread of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::clock::Signal;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::listener::{Listener, StreamStarted};
use crate::metrics::Summary;
use crate::progress::{JobState, Progress, SlowWatch};

/// How often the watch looks for a batch that takes long.
const LOOK: Duration = Duration::from_millis(200);

/// A handle to a job that [`Job::start`] has started.
///
/// The job goes on when the handle is dropped. In an asynchronous program it can be awaited, with
/// whatever runtime that has: no thread of it is blocked.
///
/// # Examples
///
/// Two jobs in one process:
///
/// ```
/// use std::time::Duration;
/// use stream_runtime::JobState;
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(1ms)]
///     fn show(numbers: Stream<u64>) {
///         numbers.count().for_each_batch(|_, _| {});
///     }
/// );
///
/// let first = show(queue([vec![1, 2], vec![3]])).start()?;
/// let mut endless = show(generator(1_000, |_, at| at)).start()?;
///
/// assert_eq!(first.wait()?.records, 3);
/// assert!(endless.wait_timeout(Duration::from_millis(5)).is_none());
/// endless.stop();
/// endless.wait_timeout(Duration::from_secs(60)).expect("it stops")?;
/// assert_eq!(endless.state(), JobState::Stopped);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[must_use = "a job that has started is to be waited for, or it ends with the process"]
pub struct RunningJob {
    progress: Progress,
    stop: Signal,
    ending: Arc<Ending>,
}

/// How a job has ended.
#[derive(Default)]
struct Ending {
    state: Mutex<Ended>,
    changed: Condvar,
}

#[derive(Default)]
struct Ended {
    /// Until somebody takes it.
    result: Option<Result<Summary>>,
    has_ended: bool,
    waker: Option<Waker>,
}

impl Job {
    /// Runs the job on a thread of its own, and comes back when its inputs are open. A batch that
    /// takes long is logged there, with what it is at.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run) that come before the first batch.
    pub fn start(self) -> Result<RunningJob> {
        let mut running = RunningJob {
            progress: self.progress(),
            stop: self.stop_signal(),
            ending: Arc::default(),
        };
        let (opened, wait) = channel();
        let job = self.listener(Opened(Some(opened)));
        let name = job.plan.pipeline;
        let (ending, progress) = (Arc::clone(&running.ending), running.progress.clone());
        spawn(format!("job-{name}"), move || ending.end(job.run()))?;
        // The listener is dropped with the job, so this ends in any case.
        if wait.recv().is_err() {
            return running
                .wait_for(None)
                .map_or_else(unknown_end, |ended| ended.map(|_| running));
        }
        let ended = Arc::clone(&running.ending);
        let watching = spawn(format!("watch-{name}"), move || watch(&progress, &ended));
        if let Err(error) = watching {
            // The job runs all the same.
            tracing::warn!(%error, "batches that take long are not looked for");
        }
        Ok(running)
    }
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = std::thread::Builder::new().name(name);
    let thread = thread.spawn(work);
    thread
        .map(drop)
        .map_err(|error| Error::io("starting the thread of a job", error))
}

fn unknown_end<T>() -> Result<T> {
    Err(Error::Config(
        "the job's result was taken before".to_owned(),
    ))
}

/// Says when the inputs of a job are open.
struct Opened(Option<Sender<()>>);

impl Listener for Opened {
    fn on_stream_started(&mut self, _: &StreamStarted) {
        if let Some(opened) = self.0.take() {
            // Whoever started the job waits for this.
            let _ = opened.send(());
        }
    }
}

/// Logs batches that take long, until the job has ended.
fn watch(progress: &Progress, ending: &Ending) {
    let mut slow = SlowWatch::default();
    while !ending.wait_ended(Some(LOOK)) {
        slow.look(&progress.now());
    }
}

impl RunningJob {
    /// How far the job is in its life.
    pub fn state(&self) -> JobState {
        self.progress.now().state
    }

    /// How the job is getting on.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Stops the job gracefully, and does not wait for it: no more is received, what was received is
    /// processed. See [`Job::stop_within`] for a deadline.
    pub fn stop(&self) {
        self.stop.raise();
    }

    /// Waits until the job has ended: Spark's `awaitTermination`.
    ///
    /// # Errors
    ///
    /// What the job ended with.
    pub fn wait(mut self) -> Result<Summary> {
        self.wait_for(None).unwrap_or_else(unknown_end)
    }

    /// Waits until the job has ended, but not for longer than `timeout`: Spark's
    /// `awaitTerminationOrTimeout`. `None` if it has not ended by then, or if its result was taken
    /// before.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<Summary>> {
        self.wait_for(Some(timeout))
    }

    fn wait_for(&mut self, timeout: Option<Duration>) -> Option<Result<Summary>> {
        self.ending.wait_ended(timeout);
        self.ending.lock().result.take()
    }
}

impl Future for RunningJob {
    type Output = Result<Summary>;

    /// Cancelling the future lets the job go on, as dropping the handle does.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.ending.lock();
        if state.has_ended {
            return Poll::Ready(state.result.take().unwrap_or_else(unknown_end));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Ending {
    fn lock(&self) -> MutexGuard<'_, Ended> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, result: Result<Summary>) {
        let mut state = self.lock();
        state.result = Some(result);
        state.has_ended = true;
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until the job has ended, or for the time; whether it has.
    fn wait_ended(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        while !state.has_ended {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) => return false,
                Some(left) => match self.changed.wait_timeout(state, left) {
                    Ok((state, _)) => state,
                    Err(poisoned) => poisoned.into_inner().0,
                },
                None => (self.changed.wait(state)).unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }
}

impl fmt::Debug for RunningJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningJob")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::prelude::*;

    stream!(
        #[batch(1ms)]
        fn ratios(numbers: Stream<u64>) {
            numbers.map(|x| 100 / x).count().for_each_batch(|_, _| {});
        }
    );

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn what_a_job_ends_with_comes_to_whoever_waits_once() {
        let mut failing = ratios(queue([[1], [0]])).start().unwrap();
        let ended = failing.wait_timeout(Duration::from_secs(60)).unwrap();
        assert!(ended.unwrap_err().to_string().contains("divide by zero"));
        assert_eq!(failing.state(), JobState::Stopped);
        assert!(failing.wait().is_err());
    }

    #[test]
    fn what_keeps_a_job_from_starting_is_an_error_of_the_start() {
        let error = ratios(queue([[1]])).threads(0).start().unwrap_err();
        assert!(error.to_string().contains("0 threads"), "{error}");
    }

    #[test]
    fn a_job_can_be_awaited() {
        let mut running = ratios(generator(1_000, |_, at| at + 1)).start().unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut running).poll(&mut context).is_pending());
        running.stop();
        running.ending.wait_ended(None);
        while !woken.0.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        assert!(Pin::new(&mut running).poll(&mut context).is_ready());
    }
}
