//! The status line, and warnings about batches that take long.

use std::collections::VecDeque;
use std::thread::JoinHandle;
use std::time::Duration;

use super::screen::Screen;
use super::text;
use crate::clock::Signal;
use crate::metrics::per_second;
use crate::progress::{Progress, Snapshot};

/// How often the status line is drawn.
const REDRAW: Duration = Duration::from_millis(200);

/// A batch is slow when it has been running for so many intervals, and no shorter than so long.
const SLOW_INTERVALS: u32 = 10;
const SLOW_AT_LEAST: Duration = Duration::from_secs(2);

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
        let (ended, shown) = (end.clone(), screen.clone());
        let thread = std::thread::Builder::new().name("stream-status".to_owned());
        let thread = thread.spawn(move || {
            while !ended.wait_timeout(REDRAW) {
                shown.status(watch.look(&progress.now()));
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
    slow: Duration,
    /// How long the next batch that is warned of has been running: it doubles, so that a batch
    /// that runs for hours fills no log.
    warn_at: Duration,
    rate: Rate,
}

impl Watch {
    fn new(batch_interval: Duration) -> Self {
        let slow = batch_interval
            .saturating_mul(SLOW_INTERVALS)
            .max(SLOW_AT_LEAST);
        Self {
            slow,
            warn_at: slow,
            rate: Rate::new(batch_interval),
        }
    }

    /// The status line for a job at this moment.
    fn look(&mut self, now: &Snapshot) -> String {
        let rate = self.rate.update(now.summary.elapsed, now.summary.records);
        match &now.running {
            Some(running) if running.elapsed >= self.slow => {
                let text = text::slow(running, now.waiting);
                if running.elapsed >= self.warn_at {
                    self.warn_at = running.elapsed * 2;
                    tracing::warn!("{text}");
                }
                text
            }
            _ => {
                self.warn_at = self.slow;
                text::status(now, rate)
            }
        }
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
    use crate::progress::{At, Running};
    use crate::site::Site;
    use crate::time::BatchTime;

    fn running(elapsed: Duration) -> Snapshot {
        Snapshot {
            running: Some(Running {
                time: BatchTime::from_millis(7_000),
                elapsed,
                at: Some(At {
                    site: Site::here("map"),
                    elapsed,
                    records: 5_000,
                    tasks: 4,
                    partitions: vec![1, 3],
                }),
            }),
            waiting: 3,
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_slow_batch_is_shown_with_what_it_is_at() {
        let mut watch = Watch::new(Duration::from_secs(1));
        let line = watch.look(&running(Duration::from_secs(9)));
        assert!(line.starts_with("0 batches | 0 records/s"), "{line}");
        let line = watch.look(&running(Duration::from_secs(10)));
        assert!(
            line.starts_with("the batch of 7000 ms has been running for 10.0 s, now in `map` at "),
            "{line}"
        );
        let rest =
            " for 10.0 s, with 5,000 records in 4 partitions, of which not done: 1, 3; 3 waiting";
        assert!(line.ends_with(rest), "{line}");
    }

    #[test]
    fn warnings_of_a_slow_batch_come_at_doubling_times() {
        let mut watch = Watch::new(Duration::from_millis(1));
        let mut warned = Vec::new();
        for seconds in 1..=20 {
            let before = watch.warn_at;
            watch.look(&running(Duration::from_secs(seconds)));
            if watch.warn_at != before {
                warned.push(seconds);
            }
        }
        assert_eq!(warned, [2, 4, 8, 16]);
    }

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
