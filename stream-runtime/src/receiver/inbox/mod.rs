//! The buffer between those who produce records, on threads of their own, and the driver, which
//! takes them batch by batch.

mod logged;
mod records;
mod room;
mod rules;
mod state;
mod unwritten;

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::block::BlockSize;
use crate::clock::Signal;
use crate::metrics::{ReceiverPhase, ReceiverStatus};
use crate::receiver::failure::Stopped;
use crate::time::BatchTime;

pub(super) use logged::Fatal;
use logged::Logging;
pub(super) use room::NoRoom;
pub(super) use rules::{Bound, Rules, Ticks};
pub(super) use state::Mark;
use state::State;

/// A bounded buffer of blocks, each of which belongs to the batch in whose interval it came.
///
/// Producers wait while it is full, and while records come faster than they may. Its end comes in
/// two steps, so that nothing is lost that a producer has in hand: while it is *ending* nobody waits
/// any more and up to twice the bound is let in; when it is *closed* everything is refused.
pub(super) struct Inbox<B, P> {
    state: Mutex<Locked<B, P>>,
    changed: Condvar,
}

struct Locked<B, P> {
    content: State<B, P>,
    intake: Intake,
    /// Raised at the next change: for those who wait for the clock. None when nobody does.
    awake: Option<Signal>,
    /// What is written to disk before it counts as received; none if nothing is.
    log: Option<Logging>,
    /// The error that no restart can cure.
    fatal: Option<Fatal>,
    /// The job is over: no batch will be committed any more.
    abandoned: bool,
    /// The receiver's thread has nothing more to do.
    left: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intake {
    Open,
    Ending,
    Closed,
}

type Guard<'a, B, P> = MutexGuard<'a, Locked<B, P>>;

impl<B: BlockSize, P> Inbox<B, P> {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            state: Mutex::new(Locked {
                content: State::new(rules),
                intake: Intake::Open,
                awake: None,
                log: None,
                fatal: None,
                abandoned: false,
                left: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> Guard<'_, B, P> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, guard: Guard<'a, B, P>) -> Guard<'a, B, P> {
        self.changed
            .wait(guard)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is inside, and wakes all who wait for a change.
    fn change<R>(&self, change: impl FnOnce(&mut Locked<B, P>) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        let awake = state.awake.take();
        drop(state);
        self.changed.notify_all();
        if let Some(awake) = awake {
            awake.raise();
        }
        result
    }
}

/// The driver's side.
impl<B: BlockSize, P> Inbox<B, P> {
    /// From here on, what comes in is stamped with the job's time. What came before belongs to the
    /// first batch.
    pub(super) fn begin(&self, ticks: Ticks) {
        self.change(|state| {
            state.content.begin(ticks);
            if state.intake == Intake::Open {
                state.content.status.phase = ReceiverPhase::Receiving;
            }
        });
    }

    /// What came in up to `time`, and was not taken yet. If there is a log, it is durable.
    ///
    /// # Errors
    ///
    /// The error that no restart can cure, once.
    pub(super) fn take(&self, time: BatchTime) -> Result<Vec<B>, Fatal> {
        let mut state = self.lock();
        if let Some(fatal) = state.fatal.take() {
            return Err(fatal);
        }
        let blocks = state.content.take(time);
        let end = state.content.mark().next;
        match self.write(state, end) {
            Ok(()) => Ok(blocks),
            Err(Stopped) => Err(self.lock().fatal.take().unwrap_or_else(Fatal::unknown)),
        }
    }

    /// The batches up to `time` are not needed in memory any more: there is room again.
    pub(super) fn release(&self, time: BatchTime) {
        self.change(|state| state.content.release(time));
    }

    /// The batches up to `time` are done for good: there is room again, their positions are done, and the log
    /// does not need them any more.
    pub(super) fn commit(&self, time: BatchTime) {
        self.change(|state| {
            let committed = state.content.commit(time);
            let cut = state.log.as_mut().map(|log| log.cut(committed));
            if let Some(Err(fatal)) = cut {
                state.fatal.get_or_insert(fatal);
            }
        });
    }

    /// Whether nothing is left to take, and nothing will come.
    pub(super) fn is_finished(&self) -> bool {
        let state = self.lock();
        state.intake == Intake::Closed && state.content.is_drained() && state.fatal.is_none()
    }

    /// Wakes all producers; they may store what they have in hand.
    pub(super) fn end(&self) {
        self.change(|state| {
            if state.intake == Intake::Open {
                state.intake = Intake::Ending;
            }
        });
    }

    /// Refuses everything from here on.
    pub(super) fn close(&self) {
        self.change(|state| {
            state.intake = Intake::Closed;
            state.content.status.phase = ReceiverPhase::Ended;
        });
    }

    /// Waits until it was closed; false if it was not after `patience`.
    pub(super) fn wait_closed(&self, patience: Duration) -> bool {
        self.wait_for(patience, |state| state.intake == Intake::Closed)
    }

    /// Says that no batch will be committed any more. Nothing is written to the log from here on.
    pub(super) fn abandon(&self) {
        self.close_log();
        self.change(|state| state.abandoned = true);
    }

    /// Waits until the receiver's thread is done; false if it was not after `patience`.
    pub(super) fn wait_left(&self, patience: Duration) -> bool {
        self.wait_for(patience, |state| state.left)
    }

    /// `patience` is the machine's time, not the job's: it is there for receivers that hang.
    fn wait_for(&self, patience: Duration, done: impl Fn(&Locked<B, P>) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while !done(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = match self.changed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        true
    }

    pub(super) fn status(&self) -> ReceiverStatus {
        let state = self.lock();
        ReceiverStatus {
            rate_limit: state.content.limit.per_second(),
            ..state.content.status.clone()
        }
    }

    /// Takes other rules, before the job has begun.
    pub(super) fn set_rules(&self, rules: Rules) {
        self.change(|state| state.content.set_rules(rules));
    }

    /// Lets in at most so many records a second from now on; with `None`, as many as the rules say.
    pub(super) fn set_rate(&self, per_second: Option<f64>) {
        self.change(|state| {
            let now = state.content.now();
            state.content.limit.set(per_second, now);
        });
    }
}

/// The producers' side.
impl<B: BlockSize, P> Inbox<B, P> {
    /// Stores a block, when there is room for it.
    pub(super) fn store(&self, block: B, position: Option<P>) -> Result<(), Stopped> {
        let state = self.lock();
        let weight = state.content.weigh(&block);
        let (mut state, now) = self.room(state, weight)?;
        state.content.limit.take(|| block.count_records());
        state.content.store(now, block, position);
        self.added(state);
        Ok(())
    }

    /// How many of many records should be stored at once, so that they come steadily; any number
    /// without a limit.
    pub(super) fn at_once(&self) -> Option<usize> {
        self.lock().content.limit.at_once()
    }

    /// The positions whose batches are done, that were not asked for yet.
    pub(super) fn done(&self) -> Vec<P> {
        std::mem::take(&mut self.lock().content.done)
    }

    /// Waits for positions to be done; `None` when there will be no more.
    pub(super) fn wait_done(&self) -> Option<Vec<P>> {
        let mut state = self.lock();
        loop {
            if !state.content.done.is_empty() {
                return Some(std::mem::take(&mut state.content.done));
            }
            if state.abandoned || state.content.is_idle() {
                return None;
            }
            state = self.wait(state);
        }
    }

    /// Writes an error down.
    pub(super) fn report(&self, message: String) {
        let mut state = self.lock();
        let now = state.content.now();
        state.content.status.report(now, message);
    }

    /// Ends the job with this error, unless there was one before.
    pub(super) fn fail(&self, fatal: Fatal) {
        self.change(|state| {
            state.fatal.get_or_insert(fatal);
        });
    }

    pub(super) fn enter(&self, phase: ReceiverPhase) {
        let status = &mut self.lock().content.status;
        if phase == ReceiverPhase::Receiving && status.phase == ReceiverPhase::Restarting {
            status.restarts += 1;
        }
        status.phase = phase;
    }

    /// The receiver's thread is done.
    pub(super) fn leave(&self) {
        self.change(|state| state.left = true);
    }
}

impl<B, P> fmt::Debug for Inbox<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
