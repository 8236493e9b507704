//! A limit in records a second, for inputs whose records come in by themselves.

use std::time::Duration;

use crate::time::BatchTime;

use super::{sane, smaller};

/// For how long at most what was not used may still be used.
const REACH: Duration = Duration::from_millis(100);

/// Who has to wait, waits for this long at least, so that one who is fast is not woken for each
/// record.
const NAP: Duration = Duration::from_millis(1);

/// How much of a token is missing in rounding.
const ROUNDING: f64 = 1e-6;

/// How many records a second may come in: a token bucket on the job's clock, which is handed in.
///
/// In each second there are as many tokens as the limit says, and a record takes one. Something
/// comes in when there is a whole token, and takes as many as it has records, even if that makes a
/// debt, which is paid before anything else comes in. So a large block comes in as a whole, and
/// nobody is starved by others who ask for less. What is not used is kept for a batch interval, or
/// 100 ms if that is shorter. In any time `d` there come in `limit * (d + that)` records at most, and
/// the last block.
///
/// Without a limit nothing is counted, and no clock is looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimit {
    /// What the user allows.
    most: Option<f64>,
    /// What the job asks for.
    asked: Option<f64>,
    /// For how long what was not used is kept; none before the job has begun, when nothing is
    /// limited, for want of a clock.
    reach: Option<Duration>,
    /// None without a limit.
    bucket: Option<Bucket>,
}

#[derive(Debug, Clone)]
struct Bucket {
    per_second: f64,
    /// How many tokens it keeps beside the one that is waited for.
    kept: f64,
    /// How many were there at `since`; below zero they are owed.
    tokens: f64,
    since: BatchTime,
}

impl RateLimit {
    /// At most so many records a second, whatever the job asks for.
    pub(crate) fn set_most(&mut self, most: Option<f64>) {
        self.most = most.and_then(sane);
    }

    /// The job has begun, and has batches of this interval.
    pub(crate) fn begin(&mut self, now: BatchTime, interval: Duration) {
        self.reach = Some(interval.min(REACH));
        self.adjust(now);
    }

    /// Limits to so many records a second from now on, or to what the user allows if that is less.
    /// Zero lets nothing in.
    pub(crate) fn set(&mut self, asked: Option<f64>, now: BatchTime) {
        self.asked = asked.and_then(sane);
        self.adjust(now);
    }

    /// The limit in records a second, if there is one.
    pub(crate) fn per_second(&self) -> Option<f64> {
        smaller(self.most, self.asked)
    }

    /// Goes on with the present limit, and what was earned and owed so far.
    fn adjust(&mut self, now: BatchTime) {
        let (Some(per_second), Some(reach)) = (self.per_second(), self.reach) else {
            self.bucket = None;
            return;
        };
        let kept = per_second * reach.as_secs_f64();
        let tokens = match &mut self.bucket {
            Some(bucket) => bucket.count(now),
            None => 1.0,
        };
        self.bucket = Some(Bucket {
            per_second,
            kept,
            tokens: tokens.min(kept + 1.0),
            since: now,
        });
    }

    /// How many records of a larger number should ask to come in together, so that they come
    /// steadily; any number without a limit.
    pub(crate) fn at_once(&self) -> Option<usize> {
        let bucket = self.bucket.as_ref()?;
        Some((bucket.kept as usize).max(1))
    }

    /// Whether something may come in now.
    ///
    /// # Errors
    ///
    /// Until when to wait before asking again; `None` when it takes another limit.
    pub(crate) fn check(&mut self, now: BatchTime) -> Result<(), Option<BatchTime>> {
        let Some(bucket) = &mut self.bucket else {
            return Ok(());
        };
        let missing = 1.0 - bucket.count(now);
        if missing <= ROUNDING {
            return Ok(());
        }
        if bucket.per_second == 0.0 {
            return Err(None);
        }
        let wait = Duration::from_micros((missing / bucket.per_second * 1e6).ceil() as u64);
        let nap = self.reach.map_or(NAP, |reach| reach.min(NAP));
        Err(Some(now + wait.max(nap)))
    }

    /// So many records have come in, after a [`check`](Self::check). They are counted only if there
    /// is a limit.
    pub(crate) fn take(&mut self, records: impl FnOnce() -> usize) {
        if let Some(bucket) = &mut self.bucket {
            bucket.tokens -= records() as f64;
        }
    }
}

impl Bucket {
    /// How many tokens there are by now.
    fn count(&mut self, now: BatchTime) -> f64 {
        let passed = now.since(self.since).as_micros() as f64 / 1e6;
        self.tokens = (self.tokens + passed * self.per_second).min(self.kept + 1.0);
        self.since = self.since.max(now);
        self.tokens
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::clock::{Clock, ManualClock};

    const SECOND: Duration = Duration::from_secs(1);

    fn limit(per_second: f64, clock: &ManualClock) -> RateLimit {
        let mut limit = RateLimit::default();
        limit.set(Some(per_second), clock.now());
        limit.begin(clock.now(), SECOND);
        limit
    }

    /// Lets in as much as may come in now, one by one.
    fn greedy(limit: &mut RateLimit, clock: &ManualClock) -> usize {
        let mut came = 0;
        while limit.check(clock.now()).is_ok() {
            limit.take(|| 1);
            came += 1;
        }
        came
    }

    /// Until when one has to wait who comes now, in milliseconds.
    fn wait(limit: &mut RateLimit, clock: &ManualClock) -> Option<u64> {
        let until = limit.check(clock.now()).unwrap_err();
        until.map(|until| until.as_micros().div_ceil(1_000))
    }

    #[test]
    fn records_come_in_steadily() {
        let clock = ManualClock::new();
        let mut limit = limit(30.0, &clock);
        let mut came = Vec::new();
        for _ in 0..10 {
            came.push(greedy(&mut limit, &clock));
            assert_eq!(wait(&mut limit, &clock).unwrap() % 100, 34);
            clock.advance(Duration::from_millis(100));
        }
        assert_eq!(came, [1, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
    }

    #[test]
    fn no_record_is_lost_to_rounding() {
        let clock = ManualClock::new();
        let mut limit = limit(7.0, &clock);
        let mut came = 0;
        for _ in 0..100_000 {
            came += greedy(&mut limit, &clock);
            clock.advance(Duration::from_micros(333));
        }
        assert_eq!(came, 234); // in 33.3 s, one of them at the beginning
    }

    #[test]
    fn what_was_not_used_is_kept_for_a_while() {
        for (interval, expected) in [(SECOND, 100), (Duration::from_millis(10), 10)] {
            let clock = ManualClock::new();
            let mut limit = limit(1_000.0, &clock);
            limit.begin(clock.now(), interval);
            clock.advance(60 * SECOND);
            assert_eq!(limit.at_once(), Some(expected));
            assert_eq!(greedy(&mut limit, &clock), expected + 1);
            clock.advance(Duration::from_millis(2));
            assert_eq!(greedy(&mut limit, &clock), 2);
        }
    }

    #[test]
    fn a_block_comes_in_as_a_whole_and_is_paid_by_what_follows() {
        let clock = ManualClock::new();
        let mut limit = limit(100.0, &clock);
        limit.check(clock.now()).unwrap();
        limit.take(|| 201);
        assert_eq!(wait(&mut limit, &clock), Some(2_010));
        clock.advance(Duration::from_millis(2_009));
        assert!(limit.check(clock.now()).is_err());
        clock.advance(Duration::from_millis(1));
        assert_eq!(greedy(&mut limit, &clock), 1);
    }

    #[test]
    fn who_is_fast_is_not_woken_for_each_record() {
        let clock = ManualClock::new();
        let mut limit = limit(1e6, &clock);
        greedy(&mut limit, &clock);
        assert_eq!(wait(&mut limit, &clock), Some(1));
        limit.begin(clock.now(), Duration::from_micros(100)); // no longer than a batch
        let until = limit.check(clock.now()).unwrap_err().unwrap();
        assert_eq!(until.as_micros(), 100);
    }

    #[test]
    fn the_smaller_limit_counts_and_may_change_at_any_time() {
        let clock = ManualClock::new();
        let mut limit = RateLimit::default();
        limit.begin(clock.now(), SECOND);
        assert!(limit.bucket.is_none());
        limit.set_most(Some(10.0));
        limit.set(Some(20.0), clock.now());
        assert_eq!(limit.per_second(), Some(10.0));
        greedy(&mut limit, &clock);
        assert_eq!(wait(&mut limit, &clock), Some(100));
        limit.set(Some(5.0), clock.now());
        assert_eq!(wait(&mut limit, &clock), Some(200));
        clock.advance(Duration::from_millis(100)); // half a token
        limit.set(Some(2.0), clock.now());
        assert_eq!(wait(&mut limit, &clock), Some(350));
        limit.set(None, clock.now());
        assert_eq!(limit.per_second(), Some(10.0));
    }

    #[test]
    fn zero_and_what_is_no_rate_let_nothing_in_and_infinity_everything() {
        let clock = ManualClock::new();
        for rate in [0.0, -1.0, f64::NAN] {
            let mut limit = limit(rate, &clock);
            greedy(&mut limit, &clock);
            clock.advance(1_000 * SECOND);
            assert_eq!(wait(&mut limit, &clock), None, "{rate}");
            limit.set(Some(1.0), clock.now());
            assert!(wait(&mut limit, &clock).is_some());
        }
        assert!(limit(f64::INFINITY, &clock).bucket.is_none());
        assert_eq!(limit(1e-300, &clock).at_once(), Some(1));
    }

    #[test]
    fn nothing_is_limited_before_the_job_has_begun() {
        let mut limit = RateLimit::default();
        limit.set_most(Some(1.0));
        assert_eq!((limit.per_second(), limit.at_once()), (Some(1.0), None));
        (0..100).for_each(|_| limit.check(BatchTime::ZERO).unwrap());
    }

    /// Whatever comes whenever, in no stretch of time comes more than it may have.
    #[test]
    fn no_stretch_of_time_has_too_much() {
        for seed in 0..200 {
            let (mut rng, clock) = (Rng::with_seed(seed), ManualClock::new());
            let rate = rng.u64(1..5_000) as f64;
            let mut limit = limit(rate, &clock);
            let mut came: Vec<(f64, usize)> = Vec::new();
            for _ in 0..300 {
                let records = rng.usize(1..40);
                if limit.check(clock.now()).is_ok() {
                    limit.take(|| records);
                    came.push((clock.now().as_micros() as f64 / 1e6, records));
                } else {
                    clock.advance(Duration::from_micros(rng.u64(0..20_000)));
                }
            }
            for (first, (begin, _)) in came.iter().enumerate() {
                let mut sum = 0;
                for (end, records) in &came[first..] {
                    let may = rate * (end - begin) + rate * 0.1;
                    assert!(sum as f64 <= may + 0.01, "seed {seed}");
                    sum += records;
                }
            }
        }
    }
}
