//! What systemd is told of a service: that it is ready, what it does, and that it lives.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::progress::{JobState, Snapshot};

/// How often the status is told.
const STATUS: Duration = Duration::from_secs(1);

/// Tells systemd of a job, if the process is a service that systemd listens to.
#[derive(Debug)]
pub(super) struct Notifier {
    told: JobState,
    status_at: Option<Instant>,
    /// How often a sign of life is due, and when the last one was given.
    watchdog: Option<(Duration, Instant)>,
}

impl Notifier {
    /// None if systemd does not listen.
    pub(super) fn of_process() -> Option<Self> {
        std::env::var_os("NOTIFY_SOCKET")?;
        // In half of the time that systemd waits, as its manual says.
        let every = sd_notify::watchdog_enabled().map(|timeout| timeout / 2);
        Some(Self {
            told: JobState::Initialized,
            status_at: None,
            watchdog: every.map(|every| (every, Instant::now())),
        })
    }

    /// Looks at a job, of which `status` is said.
    pub(super) fn look(&mut self, job: &Snapshot, status: &str) {
        let mut messages = Vec::new();
        let is_new = job.state != self.told;
        match job.state {
            JobState::Active if is_new => messages.push(NotifyState::Ready),
            // A job may be through with stopping between two looks.
            JobState::Stopping | JobState::Stopped if self.told == JobState::Active => {
                messages.push(NotifyState::Stopping);
            }
            _ => {}
        }
        self.told = job.state;
        if self.status_at.is_none_or(|at| at.elapsed() >= STATUS) {
            self.status_at = Some(Instant::now());
            messages.push(NotifyState::Status(status));
        }
        if let Some((every, last)) = &mut self.watchdog
            && last.elapsed() >= *every
            && !job.is_slow()
        {
            *last = Instant::now();
            messages.push(NotifyState::Watchdog);
        }
        if !messages.is_empty()
            && let Err(error) = sd_notify::notify(&messages)
        {
            tracing::debug!(%error, "systemd cannot be told");
        }
    }
}
