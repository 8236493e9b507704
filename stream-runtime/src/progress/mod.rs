//! What a running job is doing now: written by the driver, read by whoever shows it.

mod board;
mod slow;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::metrics::{BatchInfo, Summary};
use crate::site::Site;
use crate::time::BatchTime;

use board::Board;
pub(crate) use slow::SlowWatch;

/// A handle by which another thread sees how a job is getting on.
///
/// Clones are handles to the same job. The driver writes to it a few times a batch, for some ten
/// nanoseconds each.
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     fn show(words: Stream<&str>) {
///         words.print();
///     }
/// );
///
/// let job = show(queue([["to", "be"]])).batch_interval(std::time::Duration::from_millis(1));
/// let progress = job.progress();
/// job.run()?;
/// assert_eq!(progress.now().summary.records, 2);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Progress {
    state: Arc<Mutex<State>>,
    board: Arc<Board>,
}

/// A job at one moment.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// How far the job is in its life.
    pub state: JobState,
    /// The batch interval; zero before the job has started.
    pub batch_interval: Duration,
    /// The batches completed so far.
    pub summary: Summary,
    /// The last completed batch.
    pub last: Option<BatchInfo>,
    /// The batch under way.
    pub running: Option<Running>,
    /// How many batches are due and not begun.
    pub waiting: u64,
}

/// How far a job is in its life. There is no way back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobState {
    /// It has not started.
    #[default]
    Initialized,
    /// Its inputs are open, and its batches are run.
    Active,
    /// It receives no more, and processes what was received.
    Stopping,
    /// It has come to its end, or failed.
    Stopped,
}

/// A batch under way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Running {
    /// The end of the interval that the batch covers.
    pub time: BatchTime,
    /// For how long it has been running.
    pub elapsed: Duration,
    /// What is at work; none before the first stage.
    pub at: Option<At>,
}

/// The stage, driver code or output of a batch that is at work.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct At {
    /// The operator that it begins with.
    pub site: Site,
    /// For how long it has been at work.
    pub elapsed: Duration,
    /// How many records it had before it.
    pub records: u64,
    /// How many tasks it has; none is code on the driver's thread.
    pub tasks: usize,
    /// The partitions whose tasks have not ended.
    pub partitions: Vec<usize>,
}

/// When a job was started, and when its batches are due.
#[derive(Clone)]
pub(crate) struct Schedule {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) interval: Duration,
    pub(crate) started: BatchTime,
    /// Batches do not wait for the clock, so none is ever due.
    pub(crate) at_rest: bool,
}

impl Schedule {
    /// How many batches from the one at `next` on are due.
    pub(crate) fn due(&self, next: BatchTime, now: BatchTime) -> u64 {
        if self.at_rest || now < next {
            return 0;
        }
        let late = now.since(next).as_micros() / self.interval.as_micros().max(1);
        u64::try_from(late).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[derive(Default)]
struct State {
    schedule: Option<Schedule>,
    summary: Summary,
    last: Option<BatchInfo>,
    running: Option<Begun>,
    next: BatchTime,
    job: JobState,
}

struct Begun {
    time: BatchTime,
    since: BatchTime,
    stage: Option<Entered>,
}

struct Entered {
    site: Site,
    since: BatchTime,
    records: u64,
    tasks: usize,
}

impl Progress {
    /// The job at this moment.
    pub fn now(&self) -> Snapshot {
        let state = self.state();
        let Some(schedule) = &state.schedule else {
            return Snapshot {
                state: state.job,
                ..Snapshot::default()
            };
        };
        let now = schedule.clock.now();
        let has_ended = state.job == JobState::Stopped;
        let mut summary = state.summary.clone();
        if !has_ended {
            summary.elapsed = now.since(schedule.started);
        }
        let waiting = match has_ended {
            true => 0,
            false => schedule.due(state.next, now),
        };
        Snapshot {
            state: state.job,
            batch_interval: schedule.interval,
            summary,
            last: state.last.clone(),
            running: state.running.as_ref().map(|begun| self.running(begun, now)),
            waiting,
        }
    }

    fn running(&self, begun: &Begun, now: BatchTime) -> Running {
        let at = begun.stage.as_ref().map(|stage| At {
            site: stage.site,
            elapsed: now.since(stage.since),
            records: stage.records,
            tasks: stage.tasks,
            partitions: self.board.unfinished(stage.tasks),
        });
        Running {
            time: begun.time,
            elapsed: now.since(begun.since),
            at,
        }
    }

    /// The job has started, and the batch at `next` is its first.
    pub(crate) fn start(&self, schedule: Schedule, next: BatchTime) {
        let mut state = self.state();
        state.schedule = Some(schedule);
        state.next = next;
        state.job = JobState::Active;
    }

    /// The batch interval is another one from here on.
    pub(crate) fn reschedule(&self, interval: Duration) {
        if let Some(schedule) = &mut self.state().schedule {
            schedule.interval = interval;
        }
    }

    /// The job receives no more.
    pub(crate) fn stopping(&self) {
        self.state().job = JobState::Stopping;
    }

    /// The batch at `time` is begun; the one at `next` follows.
    pub(crate) fn begin(&self, time: BatchTime, since: BatchTime, next: BatchTime) {
        let mut state = self.state();
        state.next = next;
        state.running = Some(Begun {
            time,
            since,
            stage: None,
        });
    }

    /// The batch under way has come, at `now`, to the operator at `site`, with so many records and
    /// tasks; none for code on the driver's thread.
    pub(crate) fn enter(&self, site: Site, now: BatchTime, records: u64, tasks: usize) {
        self.board.begin(tasks);
        if let Some(begun) = &mut self.state().running {
            begun.stage = Some(Entered {
                site,
                since: now,
                records,
                tasks,
            });
        }
    }

    /// A task of the stage under way has ended.
    pub(crate) fn task_ended(&self, task: usize) {
        self.board.end(task);
    }

    /// The batch under way is completed.
    pub(crate) fn complete(&self, batch: BatchInfo) {
        let mut state = self.state();
        state.summary.add(&batch);
        state.running = None;
        state.last = Some(batch);
    }

    /// How many batches are completed.
    pub(crate) fn batches(&self) -> u64 {
        self.state().summary.batches
    }

    /// The job has ended; what it did in all.
    pub(crate) fn end(&self) -> Summary {
        let mut state = self.state();
        if let Some(schedule) = &state.schedule {
            state.summary.elapsed = schedule.clock.now().since(schedule.started);
        }
        state.job = JobState::Stopped;
        state.running = None;
        state.summary.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn schedule(at_rest: bool) -> Schedule {
        Schedule {
            clock: Arc::new(ManualClock::new()),
            interval: Duration::from_millis(10),
            started: BatchTime::ZERO,
            at_rest,
        }
    }

    #[test]
    fn a_batch_is_due_from_its_time_on() {
        let due =
            |now| schedule(false).due(BatchTime::from_millis(30), BatchTime::from_millis(now));
        assert_eq!([29, 30, 39, 40, 65].map(due), [0, 1, 1, 2, 4]);
    }

    #[test]
    fn nothing_is_due_when_batches_do_not_wait_for_the_clock() {
        assert_eq!(
            schedule(true).due(BatchTime::ZERO, BatchTime::from_millis(100)),
            0
        );
    }

    #[test]
    fn a_job_that_has_not_started_has_done_nothing() {
        let snapshot = Progress::default().now();
        assert_eq!((snapshot.summary.batches, snapshot.waiting), (0, 0));
    }
}
