//! The verdict: how a job is getting on, in a word, with the reason in a sentence.

use std::time::Duration;

use serde::Serialize;

use super::view::BatchView;
use crate::progress::{self, JobState};
use crate::text;

/// The verdict is over so many batches at least.
const BATCHES: usize = 10;

/// And over this time at least, so that it does not flicker when batches are short.
const AT_LEAST_US: u64 = 3_000_000;

/// How a job is getting on.
///
/// The rule, over the last ten completed batches, or those of the last three seconds if they are
/// more; the first line that holds counts:
///
/// | verdict | when |
/// |---|---|
/// | `starting` | no batch was completed yet |
/// | `failed`, `stopped`, `stopping` | the job has ended, with an error or without, or is about to |
/// | `stuck` | the batch under way has been running for ten intervals, and for two seconds at least |
/// | `falling_behind` | batches take longer than their interval on average, and the scheduling delay has grown |
/// | `idle` | no record came in |
/// | `stable` | else |
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The word.
    pub kind: VerdictKind,
    /// The reason, in one sentence.
    pub reason: String,
}

/// The word of a [`Verdict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerdictKind {
    /// No batch was completed yet.
    Starting,
    /// Batches are done in less than their interval.
    Stable,
    /// Batches take longer than their interval.
    FallingBehind,
    /// No records come.
    Idle,
    /// The batch under way takes much too long.
    Stuck,
    /// What was received is being processed, and then the job ends.
    Stopping,
    /// The job has come to its end.
    Stopped,
    /// The job has ended with an error.
    Failed,
}

impl VerdictKind {
    /// All of them.
    pub(super) const ALL: [Self; 8] = [
        Self::Starting,
        Self::Stable,
        Self::FallingBehind,
        Self::Idle,
        Self::Stuck,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
    ];

    /// The word as it is in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Stable => "stable",
            Self::FallingBehind => "falling_behind",
            Self::Idle => "idle",
            Self::Stuck => "stuck",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// The batches that the verdict and the rates are over, of all in their order: the newest ones, in
/// no order that matters.
pub(super) fn newest<'b>(
    batches: impl DoubleEndedIterator<Item = &'b BatchView>,
) -> impl Iterator<Item = &'b BatchView> {
    let mut since = None;
    let newest = batches.rev().enumerate().take_while(move |(at, batch)| {
        let since = *since.get_or_insert(batch.ended_us.saturating_sub(AT_LEAST_US));
        *at < BATCHES || batch.ended_us >= since
    });
    newest.map(|(_, batch)| batch)
}

/// The verdict on a job, its newest batch first.
pub(super) fn verdict<'b>(
    now: &progress::Snapshot,
    error: Option<&str>,
    failure: Option<&str>,
    newest: impl Iterator<Item = &'b BatchView>,
) -> Verdict {
    let (kind, reason) = match (now.state, error, &now.running) {
        (_, Some(error), _) => (VerdictKind::Failed, error.to_owned()),
        (JobState::Stopped, ..) => (VerdictKind::Stopped, summary(now)),
        (JobState::Initialized, ..) => (VerdictKind::Starting, "the job has not started".into()),
        (_, _, Some(running)) if now.is_slow() => (VerdictKind::Stuck, stuck(running, failure)),
        (JobState::Stopping, ..) => (
            VerdictKind::Stopping,
            "no more is received, and what was received is processed".into(),
        ),
        (JobState::Active, ..) => by_batches(now, &Means::of(newest)),
    };
    Verdict { kind, reason }
}

fn summary(now: &progress::Snapshot) -> String {
    format!(
        "the job has come to its end, after {} in {}",
        text::batches(now.summary.batches),
        text::time(now.summary.elapsed)
    )
}

fn stuck(running: &progress::Running, failure: Option<&str>) -> String {
    match failure {
        Some(failure) => format!("{running}, and failed before: {failure}"),
        None => running.to_string(),
    }
}

/// What counts of the newest batches.
#[derive(Default)]
struct Means {
    batches: u64,
    records: u64,
    interval_us: u64,
    processing_us: u64,
    /// The scheduling delays of the newest and of the oldest.
    scheduling_us: (u64, u64),
}

impl Means {
    fn of<'b>(newest: impl Iterator<Item = &'b BatchView>) -> Self {
        let mut means = Self::default();
        for batch in newest {
            if means.batches == 0 {
                means.scheduling_us.0 = batch.scheduling_us;
            }
            means.scheduling_us.1 = batch.scheduling_us;
            means.batches += 1;
            means.records += batch.records;
            means.interval_us += batch.interval_us;
            means.processing_us += batch.processing_us;
        }
        means
    }

    fn mean(&self, sum: u64) -> String {
        text::time(Duration::from_micros(sum / self.batches.max(1)))
    }
}

fn by_batches(now: &progress::Snapshot, means: &Means) -> (VerdictKind, String) {
    if means.batches == 0 {
        return (VerdictKind::Starting, "no batch is done yet".to_owned());
    }
    let processing = means.mean(means.processing_us);
    let (interval, batches) = (means.mean(means.interval_us), text::batches(means.batches));
    let (newest, oldest) = means.scheduling_us;
    if means.processing_us > means.interval_us && newest > oldest {
        let reason = format!(
            "a batch takes {processing} on average, longer than its interval of {interval}, \
             and the scheduling delay has grown to {} over the last {batches}",
            text::time(Duration::from_micros(newest))
        );
        return (VerdictKind::FallingBehind, reason);
    }
    if means.records == 0 {
        let reason = format!("no record came in the last {batches}");
        return (VerdictKind::Idle, reason);
    }
    // An interval is a microsecond at least, and there is a batch.
    let share = match means.processing_us * 100 / means.interval_us.max(1) {
        0 => "less than 1".to_owned(),
        share => share.to_string(),
    };
    let mut reason = format!(
        "a batch takes {processing} on average, {share} % of its interval of {interval}, \
         over the last {batches}"
    );
    if now.waiting > 1 {
        reason += &format!("; it catches up with {}", text::batches(now.waiting));
    }
    (VerdictKind::Stable, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::completed;
    use crate::site::Site;
    use crate::time::BatchTime;

    /// Batches of one second, each with its records, scheduling delay and processing time in ms.
    fn batches(all: &[(u64, u64, u64)]) -> Vec<BatchView> {
        let all = all.iter().zip(1..);
        all.map(|(&(records, scheduling, processing), number)| {
            let mut batch = completed(records, scheduling, processing);
            batch.time = BatchTime::from_millis(number * 1_000);
            batch.ended = batch.time + batch.total_delay();
            BatchView::new(&batch, number, 0, Vec::new())
        })
        .collect()
    }

    fn active() -> progress::Snapshot {
        progress::Snapshot {
            state: JobState::Active,
            batch_interval: Duration::from_secs(1),
            ..progress::Snapshot::default()
        }
    }

    fn of(now: &progress::Snapshot, batches: &[BatchView]) -> Verdict {
        verdict(now, None, None, newest(batches.iter()))
    }

    #[test]
    fn a_job_whose_batches_take_longer_than_their_interval_falls_behind() {
        let verdict = of(
            &active(),
            &batches(&[(1, 0, 1_400), (1, 400, 1_400), (1, 800, 1_400)]),
        );
        assert_eq!(verdict.kind, VerdictKind::FallingBehind);
        assert_eq!(
            verdict.reason,
            "a batch takes 1.40 s on average, longer than its interval of 1.00 s, \
             and the scheduling delay has grown to 800 ms over the last 3 batches"
        );
    }

    #[test]
    fn batches_that_wait_for_no_clock_may_take_as_long_as_they_want() {
        let verdict = of(&active(), &batches(&[(9, 0, 5_000), (9, 0, 5_000)]));
        assert_eq!(verdict.kind, VerdictKind::Stable);
    }

    #[test]
    fn a_job_that_catches_up_is_stable() {
        let mut now = active();
        now.waiting = 7;
        let verdict = of(&now, &batches(&[(9, 9_000, 100), (9, 8_100, 100)]));
        assert_eq!(verdict.kind, VerdictKind::Stable);
        assert!(verdict.reason.ends_with("it catches up with 7 batches"));
        assert!(verdict.reason.contains(" 10 % of its interval of 1.00 s"));
    }

    #[test]
    fn only_the_newest_batches_count() {
        let mut all = vec![(1, 0, 5_000), (1, 0, 5_000)];
        all.extend([(0, 0, 1); 10]);
        let verdict = of(&active(), &batches(&all));
        assert_eq!(verdict.kind, VerdictKind::Idle);
        assert_eq!(verdict.reason, "no record came in the last 10 batches");
    }

    #[test]
    fn short_batches_are_looked_at_for_three_seconds() {
        let mut all = batches(&[(1, 0, 1); 5_000]);
        for (batch, number) in all.iter_mut().zip(1..) {
            batch.ended_us = number * 1_000;
        }
        assert_eq!(newest(all.iter()).count(), 3_001);
    }

    #[test]
    fn a_batch_that_does_not_end_is_stuck_and_the_reason_says_where() {
        let mut now = active();
        now.running = Some(progress::Running {
            time: BatchTime::from_millis(7_000),
            elapsed: Duration::from_secs(10),
            at: Some(progress::At {
                site: Site::here("map"),
                elapsed: Duration::from_secs(9),
                records: 1,
                tasks: 1,
                partitions: vec![0],
            }),
        });
        let stuck = verdict(&now, None, Some("the disk is gone"), newest([].iter()));
        assert_eq!(stuck.kind, VerdictKind::Stuck);
        let begin = "the batch of 7000 ms has been running for 10.0 s, now in `map` at ";
        assert!(stuck.reason.starts_with(begin), "{}", stuck.reason);
        assert!(stuck.reason.ends_with("failed before: the disk is gone"));
        if let Some(running) = &mut now.running {
            running.elapsed = Duration::from_millis(9_999);
        }
        assert_eq!(of(&now, &batches(&[(1, 0, 1)])).kind, VerdictKind::Stable);
    }

    #[test]
    fn a_job_begins_and_ends() {
        assert_eq!(of(&active(), &[]).kind, VerdictKind::Starting);
        let mut now = progress::Snapshot::default();
        assert_eq!(of(&now, &[]).kind, VerdictKind::Starting);
        now.state = JobState::Stopping;
        now.batch_interval = Duration::from_secs(1);
        assert_eq!(of(&now, &[]).kind, VerdictKind::Stopping);
        now.state = JobState::Stopped;
        let stopped = of(&now, &[]);
        assert_eq!(stopped.kind, VerdictKind::Stopped);
        assert_eq!(
            stopped.reason,
            "the job has come to its end, after 0 batches in 0 µs"
        );
        let failed = verdict(&now, Some("batch 7 ms: no"), None, newest([].iter()));
        assert_eq!(
            (failed.kind, &*failed.reason),
            (VerdictKind::Failed, "batch 7 ms: no")
        );
    }
}
