//! Batches that take long: what is stuck, where, since when.

use std::fmt;
use std::time::Duration;

use super::{At, Running, Snapshot};
use crate::text::{number, time};

/// A batch is slow when it has been running for so many intervals, and no shorter than so long.
const SLOW_INTERVALS: u32 = 10;
const SLOW_AT_LEAST: Duration = Duration::from_secs(2);

/// How many partitions that are not done are named.
const NAMED: usize = 8;

/// Logs batches that take long.
#[derive(Debug, Default)]
pub(crate) struct SlowWatch {
    /// How long the next batch that is warned of has been running: it doubles, so that a batch that
    /// runs for hours fills no log. Zero while none is slow.
    warn_at: Duration,
}

impl SlowWatch {
    /// Looks at a job; what there is to say if its batch takes long.
    pub(crate) fn look(&mut self, now: &Snapshot) -> Option<String> {
        let Some(running) = now.running.as_ref().filter(|_| now.is_slow()) else {
            self.warn_at = Duration::ZERO;
            return None;
        };
        let text = text(running, now.waiting);
        if running.elapsed >= self.warn_at {
            self.warn_at = running.elapsed * 2;
            tracing::warn!("{text}");
        }
        Some(text)
    }
}

impl Snapshot {
    /// Whether the batch under way has been running for more than ten intervals, and two seconds.
    pub fn is_slow(&self) -> bool {
        let slow = self.batch_interval.saturating_mul(SLOW_INTERVALS);
        let running = self.running.as_ref();
        running.is_some_and(|running| running.elapsed >= slow.max(SLOW_AT_LEAST))
    }
}

fn text(running: &Running, waiting: u64) -> String {
    match waiting {
        0 => running.to_string(),
        _ => format!("{running}; {} waiting", number(waiting)),
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elapsed = time(self.elapsed);
        write!(
            f,
            "the batch of {} has been running for {elapsed}",
            self.time
        )?;
        match &self.at {
            Some(at) => write!(f, ", now in {at}"),
            None => Ok(()),
        }
    }
}

/// What a stage that takes long has before it, and where it has not come to its end.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.site, time(self.elapsed))?;
        if self.tasks == 0 {
            return Ok(());
        }
        let named = self.partitions.iter().take(NAMED).map(usize::to_string);
        let named = named.collect::<Vec<_>>().join(", ");
        let more = if self.partitions.len() > NAMED {
            ", …"
        } else {
            ""
        };
        let (records, tasks) = (number(self.records), self.tasks);
        write!(
            f,
            ", with {records} records in {tasks} partitions, of which not done: {named}{more}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;
    use crate::time::BatchTime;

    fn running(interval: Duration, elapsed: Duration) -> Snapshot {
        Snapshot {
            batch_interval: interval,
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
    fn a_slow_batch_says_what_it_is_at() {
        let mut watch = SlowWatch::default();
        let second = Duration::from_secs(1);
        assert_eq!(watch.look(&running(second, 9 * second)), None);
        let text = watch.look(&running(second, 10 * second)).unwrap();
        let start = "the batch of 7000 ms has been running for 10.0 s, now in `map` at ";
        assert!(text.starts_with(start), "{text}");
        let end =
            " for 10.0 s, with 5,000 records in 4 partitions, of which not done: 1, 3; 3 waiting";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn warnings_come_at_doubling_times() {
        let mut watch = SlowWatch::default();
        let mut warned = Vec::new();
        for seconds in 1..=20 {
            let before = watch.warn_at;
            watch.look(&running(
                Duration::from_millis(1),
                Duration::from_secs(seconds),
            ));
            if watch.warn_at != before {
                warned.push(seconds);
            }
        }
        assert_eq!(warned, [2, 4, 8, 16]);
    }
}
