//! Time comes in by argument: a [`Clock`] is handed to the scheduler and to every input.

use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::time::BatchTime;

/// The only source of time of a running job.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present.
    fn now(&self) -> BatchTime;

    /// Blocks until `deadline` has come, or until `signal` is raised, whichever is first.
    fn wait_until(&self, deadline: BatchTime, signal: &Signal);
}

/// A flag that wakes whoever waits for it: how a running job is asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    inner: Arc<(Mutex<bool>, Condvar)>,
}

impl Signal {
    /// A signal that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the signal, for good, and wakes all who wait.
    pub fn raise(&self) {
        *lock(&self.inner.0) = true;
        self.inner.1.notify_all();
    }

    /// Whether the signal was raised.
    pub fn is_raised(&self) -> bool {
        *lock(&self.inner.0)
    }

    /// Waits for at most `timeout`; true if the signal was raised by then.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let guard = lock(&self.inner.0);
        match self
            .inner
            .1
            .wait_timeout_while(guard, timeout, |raised| !*raised)
        {
            Ok((raised, _)) => *raised,
            Err(poisoned) => *poisoned.into_inner().0,
        }
    }
}

/// The machine's clock. It is read once at the start and moves with the monotonic clock from then
/// on, so that a correction of the system time never skips or repeats a batch.
#[derive(Debug)]
pub struct SystemClock {
    epoch: Duration,
    started: Instant,
}

impl SystemClock {
    /// A clock that starts at the present system time.
    pub fn new() -> Self {
        let epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            epoch,
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> BatchTime {
        BatchTime::ZERO + (self.epoch + self.started.elapsed())
    }

    fn wait_until(&self, deadline: BatchTime, signal: &Signal) {
        loop {
            let left = deadline.since(self.now());
            if left.is_zero() || signal.wait_timeout(left) {
                return;
            }
        }
    }
}

/// A clock that moves only when it is told to: for tests, and for replaying a run.
///
/// Clones share the time.
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    inner: Arc<(Mutex<BatchTime>, Condvar)>,
}

impl ManualClock {
    /// A clock at time zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock on by `duration`.
    pub fn advance(&self, duration: Duration) {
        let mut now = lock(&self.inner.0);
        *now = *now + duration;
        self.inner.1.notify_all();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> BatchTime {
        *lock(&self.inner.0)
    }

    fn wait_until(&self, deadline: BatchTime, signal: &Signal) {
        // The signal has a lock of its own, so it is looked at now and then.
        let look = Duration::from_millis(5);
        let mut now = lock(&self.inner.0);
        while *now < deadline && !signal.is_raised() {
            now = match self.inner.1.wait_timeout(now, look) {
                Ok((now, _)) => now,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

/// Locks a mutex; a panic elsewhere while it was held does not matter to the data kept here.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_wakes_the_one_who_waits() {
        let clock = ManualClock::new();
        let other = clock.clone();
        let waiter = std::thread::spawn(move || {
            other.wait_until(BatchTime::from_millis(10), &Signal::new());
            other.now()
        });
        clock.advance(Duration::from_millis(10));
        assert_eq!(waiter.join().unwrap(), BatchTime::from_millis(10));
    }

    #[test]
    fn a_signal_ends_the_wait() {
        let signal = Signal::new();
        signal.raise();
        SystemClock::new().wait_until(BatchTime::from_millis(u64::MAX / 1_000_000), &signal);
    }
}
