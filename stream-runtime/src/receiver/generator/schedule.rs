//! Which records are due.

use std::sync::Arc;

use crate::clock::Clock;
use crate::receiver::SourceContext;
use crate::time::BatchTime;

/// How many records make a block, at most.
const BLOCK: u64 = 65_536;

/// Records at a steady rate from the job's zero time on, counted from zero.
#[derive(Debug)]
pub(super) struct Schedule {
    rate: u64,
    pub(super) limit: u64,
    zero_time: BatchTime,
    clock: Option<Arc<dyn Clock>>,
    partitions: u64,
    given: u64,
    /// Nothing is due after this time.
    stopped: Option<BatchTime>,
}

impl Schedule {
    pub(super) fn new(rate: u64) -> Self {
        Self {
            rate,
            limit: u64::MAX,
            zero_time: BatchTime::ZERO,
            clock: None,
            partitions: 1,
            given: 0,
            stopped: None,
        }
    }

    pub(super) fn start(&mut self, context: &SourceContext) {
        self.zero_time = context.zero_time;
        self.clock = Some(Arc::clone(&context.clock));
        self.partitions = context.partitions as u64;
    }

    pub(super) fn stop(&mut self) {
        if let Some(clock) = self.clock.take() {
            self.stopped = Some(clock.now());
        }
    }

    /// The records that are due by `time` and were not taken, as runs of about equal length, one
    /// for each partition or more: `(from, to)`, without `to`.
    pub(super) fn take(&mut self, time: BatchTime) -> Vec<(u64, u64)> {
        let from = self.given;
        self.given = self.due(time).max(from);
        let records = self.given - from;
        let runs = self.partitions.max(records.div_ceil(BLOCK));
        let cut =
            |run: u64| from + (u128::from(run) * u128::from(records) / u128::from(runs)) as u64;
        (0..runs).map(|run| (cut(run), cut(run + 1))).collect()
    }

    fn due(&self, time: BatchTime) -> u64 {
        let time = self.stopped.map_or(time, |stopped| time.min(stopped));
        let due = time.since(self.zero_time).as_micros() * u128::from(self.rate) / 1_000_000;
        u64::try_from(due).unwrap_or(u64::MAX).min(self.limit)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.given >= self.limit
            || self
                .stopped
                .is_some_and(|stopped| self.given >= self.due(stopped))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::context;

    fn started(rate: u64, clock: &ManualClock) -> Schedule {
        let mut schedule = Schedule::new(rate);
        schedule.start(&context(clock));
        schedule
    }

    #[test]
    fn no_record_is_lost_to_rounding() {
        let mut schedule = started(3, &ManualClock::new());
        let mut lengths = Vec::new();
        for ms in [100, 400, 700, 1_000, 2_000, 2_000] {
            let runs = schedule.take(BatchTime::from_millis(ms));
            assert_eq!(runs.len(), 2, "one run for each partition, empty or not");
            lengths.push(runs[1].1 - runs[0].0);
        }
        assert_eq!(lengths, [0, 1, 1, 1, 3, 0]);
    }

    #[test]
    fn a_batch_is_cut_for_the_partitions_and_not_too_coarsely() {
        let mut schedule = started(5, &ManualClock::new());
        assert_eq!(
            schedule.take(BatchTime::from_millis(1_000)),
            [(0, 2), (2, 5)]
        );
        let mut schedule = started(1_000_000, &ManualClock::new());
        let runs = schedule.take(BatchTime::from_millis(1_000));
        assert_eq!((runs.len(), runs[15].1), (16, 1_000_000));
    }

    #[test]
    fn after_a_stop_only_what_was_due_comes() {
        let clock = ManualClock::new();
        let mut schedule = started(10, &clock);
        clock.advance(Duration::from_millis(500));
        schedule.stop();
        assert!(!schedule.is_finished());
        assert_eq!(
            schedule.take(BatchTime::from_millis(1_000)),
            [(0, 2), (2, 5)]
        );
        assert!(schedule.is_finished());
        assert_eq!(
            schedule.take(BatchTime::from_millis(2_000)),
            [(5, 5), (5, 5)]
        );
    }
}
