//! Which records are due.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::error::Result;
use crate::rate::Quota;
use crate::receiver::SourceContext;
use crate::receiver::recovery::{decode, encode, unfit};
use crate::time::BatchTime;

/// How many records make a block, at most.
const BLOCK: u64 = 65_536;

/// No batch has more records: one in a checkpoint that has is damaged.
const BATCH: u64 = 1 << 28;

const KIND: &str = "generator";

/// How many records there were up to a time.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Point {
    micros: u64,
    records: u64,
}

#[derive(Serialize, Deserialize)]
struct Position {
    rate: u64,
    seed: u64,
    origin: Point,
    last: Point,
}

/// Records at a steady rate from the job's zero time on, counted from zero.
///
/// When it comes back at another rate than it had, it goes on from the last batch at that rate. When
/// it is limited, it falls behind, and catches up when it may.
#[derive(Debug)]
pub(super) struct Schedule {
    rate: u64,
    /// Where the random numbers begin: what a record is made of, beside its number.
    pub(super) seed: u64,
    pub(super) limit: u64,
    /// From here on the records are counted by the rate.
    origin: Point,
    /// The last batch.
    last: Point,
    quota: Quota,
    clock: Option<Arc<dyn Clock>>,
    partitions: u64,
    input: String,
    /// Nothing is due after this time.
    stopped: Option<BatchTime>,
}

impl Schedule {
    pub(super) fn new(rate: u64) -> Self {
        Self {
            rate,
            seed: 0,
            limit: u64::MAX,
            origin: Point::default(),
            last: Point::default(),
            quota: Quota::default(),
            clock: None,
            partitions: 1,
            input: String::new(),
            stopped: None,
        }
    }

    pub(super) fn start(&mut self, context: &SourceContext) {
        self.origin.micros = context.zero_time.as_micros();
        self.last = self.origin;
        self.input.clone_from(&context.input);
        self.clock = Some(Arc::clone(&context.clock));
        self.partitions = context.partitions as u64;
        self.quota.begin(context.batch_interval);
    }

    /// At most so many records come in a second; those that are due and may not come are given later.
    pub(super) fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.quota.set(records_per_second);
    }

    /// What is behind the schedule by then was not received: the last batch has no more than others.
    pub(super) fn stop(&mut self) {
        let Some(clock) = self.clock.take() else {
            return;
        };
        self.stopped = Some(clock.now());
        if let Some(may) = self.quota.next() {
            self.limit = self.limit.min(self.last.records.saturating_add(may));
            self.quota.set(None);
        }
    }

    pub(super) fn position(&self) -> Vec<u8> {
        let Self {
            rate,
            seed,
            origin,
            last,
            ..
        } = *self;
        encode(
            KIND,
            &Position {
                rate,
                seed,
                origin,
                last,
            },
        )
    }

    pub(super) fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        self.start(context);
        let position = self.decode(position)?;
        self.last = position.last;
        self.origin = if position.rate == self.rate {
            position.origin
        } else {
            position.last
        };
        Ok(())
    }

    fn decode(&self, position: &[u8]) -> Result<Position> {
        let position: Position = decode(&self.input, KIND, position)?;
        if position.seed == self.seed {
            return Ok(position);
        }
        let (had, has) = (position.seed, self.seed);
        Err(unfit(
            &self.input,
            format_args!("the checkpoint is of seed {had}, and the seed is {has}"),
        ))
    }

    /// The records that are due by `time` and were not taken, or as many of them as may come.
    pub(super) fn take(&mut self, time: BatchTime) -> Vec<(u64, u64)> {
        let due = self.due(time).saturating_sub(self.last.records);
        self.quota.cover(time);
        let may = self.quota.next().unwrap_or(BATCH).min(BATCH);
        let records = due.min(may);
        self.quota.took(records);
        self.take_to(Point {
            micros: time.as_micros(),
            records: self.last.records + records,
        })
    }

    /// The records of a batch that ended at this position.
    pub(super) fn take_again(&mut self, end: &[u8]) -> Result<Vec<(u64, u64)>> {
        let end = self.decode(end)?.last;
        let records = end.records.checked_sub(self.last.records);
        if records.is_none_or(|records| records > BATCH) {
            return Err(unfit(
                &self.input,
                format_args!(
                    "the checkpoint has a batch from record {} to record {}",
                    self.last.records, end.records
                ),
            ));
        }
        Ok(self.take_to(end))
    }

    /// Runs of about equal length, one for each partition or more: `(from, to)`, without `to`.
    fn take_to(&mut self, end: Point) -> Vec<(u64, u64)> {
        let from = self.last.records;
        self.last = end;
        let records = end.records - from;
        let runs = self.partitions.max(records.div_ceil(BLOCK));
        let cut =
            |run: u64| from + (u128::from(run) * u128::from(records) / u128::from(runs)) as u64;
        (0..runs).map(|run| (cut(run), cut(run + 1))).collect()
    }

    fn due(&self, time: BatchTime) -> u64 {
        let time = self.stopped.map_or(time, |stopped| time.min(stopped));
        let origin = BatchTime::from_micros(self.origin.micros);
        let due = time.since(origin).as_micros() * u128::from(self.rate) / 1_000_000;
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        self.origin.records.saturating_add(due).min(self.limit)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.last.records >= self.limit
            || self
                .stopped
                .is_some_and(|stopped| self.last.records >= self.due(stopped))
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
    fn a_schedule_comes_back_at_its_rate_or_another_but_not_with_another_seed() {
        let clock = ManualClock::new();
        let mut schedule = started(3, &clock);
        schedule.take(BatchTime::from_millis(500));
        let position = schedule.position();
        let due = |rate: u64, ms: u64| {
            let mut schedule = Schedule::new(rate);
            schedule.resume(&context(&clock), &position).unwrap();
            let runs = schedule.take(BatchTime::from_millis(ms));
            (runs[0].0, runs[1].1)
        };
        assert_eq!(due(3, 1_000), (1, 3), "as if nothing had happened");
        assert_eq!(due(10, 1_000), (1, 6));
        let mut other = Schedule::new(3);
        other.seed = 7;
        let error = other.resume(&context(&clock), &position).unwrap_err();
        let expected = "input `input`: the checkpoint is of seed 0, and the seed is 7: ";
        assert!(error.to_string().starts_with(expected), "{error}");
    }

    #[test]
    fn a_limited_schedule_falls_behind_and_catches_up() {
        let clock = ManualClock::new();
        let mut schedule = started(10, &clock);
        let mut batch = |rate, ms: u64| {
            schedule.set_rate(rate);
            let runs = schedule.take(BatchTime::from_millis(ms));
            runs[1].1 - runs[0].0
        };
        assert_eq!(batch(Some(4.0), 1_000), 4);
        assert_eq!(batch(Some(0.0), 2_000), 0);
        assert_eq!(batch(Some(15.0), 3_000), 15);
        assert_eq!(batch(Some(100.0), 4_000), 21, "all that was due is there");
        assert_eq!(batch(None, 5_000), 10);
    }

    #[test]
    fn what_a_limited_schedule_is_behind_does_not_come_after_a_stop() {
        for (rate, expected) in [(3.0, 3), (0.0, 0)] {
            let clock = ManualClock::new();
            let mut schedule = started(10, &clock);
            schedule.set_rate(Some(rate));
            schedule.take(BatchTime::from_millis(1_000));
            clock.advance(Duration::from_secs(60));
            schedule.stop();
            let before = schedule.last.records;
            schedule.take(BatchTime::from_millis(2_000));
            assert_eq!(schedule.last.records - before, expected);
            assert!(schedule.is_finished());
        }
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
