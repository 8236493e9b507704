//! The status line, and warnings about batches that take long.

use std::collections::VecDeque;
use std::thread::JoinHandle;
use std::time::Duration;

use super::screen::Screen;
use super::text;
use crate::clock::Signal;
use crate::metrics::per_second;
use crate::progress::{Progress, SlowWatch, Snapshot};

/// How often the status line is drawn.
const REDRAW: Duration = Duration::from_millis(200);

/// The thread that watches a job.
#[must_use = "it has to be ended"]
pub(super) struct Status {
    end: Signal,
    thread: Option<JoinHandle<()>>,
    screen: Screen,
}

impl Status {
    /// Begins to watch.
    pub(super) fn start(progress: Progress, batch_interval: Duration, screen: &Screen) -> Self {
        let end = Signal::new();
        let mut watch = Watch::new(batch_interval);
        #[cfg(unix)]
        let mut systemd = super::systemd::Notifier::of_process();
        let (ended, shown) = (end.clone(), screen.clone());
        let thread = std::thread::Builder::new().name("stream-status".to_owned());
        let thread = thread.spawn(move || {
            loop {
                let has_ended = ended.wait_timeout(REDRAW);
                let now = progress.now();
                let line = watch.look(&now);
                #[cfg(unix)]
                if let Some(systemd) = &mut systemd {
                    systemd.look(&now, &line);
                }
                if has_ended {
                    break;
                }
                shown.status(line);
            }
        });
        if let Err(error) = &thread {
            tracing::warn!(%error, "the status line cannot be shown");
        }
        Self {
            end,
            thread: thread.ok(),
            screen: screen.clone(),
        }
    }

    /// Takes the status line away.
    pub(super) fn end(self) {
        self.end.raise();
        if let Some(thread) = self.thread {
            // It has no result, and its panic was printed.
            let _ = thread.join();
        }
        self.screen.status(String::new());
    }
}

/// What is remembered between two looks at a job.
struct Watch {
    slow: SlowWatch,
    rate: Rate,
}

impl Watch {
    fn new(batch_interval: Duration) -> Self {
        Self {
            slow: SlowWatch::default(),
            rate: Rate::new(batch_interval),
        }
    }

    /// The status line for a job at this moment.
    fn look(&mut self, now: &Snapshot) -> String {
        let rate = self.rate.update(now.summary.elapsed, now.summary.records);
        let slow = self.slow.look(now);
        slow.unwrap_or_else(|| text::status(now, rate))
    }
}

/// Records per second over the last seconds.
struct Rate {
    over: Duration,
    samples: VecDeque<(Duration, u64)>,
}

impl Rate {
    /// Over some batches, since their records are counted when a batch is done.
    fn new(batch_interval: Duration) -> Self {
        Self {
            over: batch_interval.saturating_mul(3).max(Duration::from_secs(3)),
            samples: VecDeque::from([(Duration::ZERO, 0)]),
        }
    }

    fn update(&mut self, elapsed: Duration, records: u64) -> f64 {
        self.samples.push_back((elapsed, records));
        // The first sample that is kept is the last one that is old enough.
        while self.samples.len() > 2 && elapsed.saturating_sub(self.samples[1].0) >= self.over {
            self.samples.pop_front();
        }
        let (since, before) = self.samples[0];
        per_second(records - before, elapsed.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_last_seconds() {
        let mut rate = Rate::new(Duration::from_millis(500));
        let mut at = |s, records| rate.update(Duration::from_secs(s), records);
        assert_eq!(at(1, 10), 10.0);
        assert_eq!(at(2, 20), 10.0);
        assert_eq!(at(3, 30), 10.0);
        assert_eq!(at(4, 70), 20.0, "since second 1");
        assert_eq!(at(7, 70), 0.0, "since second 4");
    }
}
