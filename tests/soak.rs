//! More comes in than a job can take, and then less: with each control of rates, what is in flight stays
//! within its bound, no record is lost, and batches are soon in time again.
//!
//! Time is moved by whoever waits for it and by the work that batches do, and each millisecond of it the
//! source sends, so all of it is exact. `benches/src/bin/soak.rs` does the same for as long as one wants, on
//! the machine's time and with a receiver of its own.

use std::sync::mpsc::TrySendError;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::rate::Pid;
use stream_runtime::receiver::Sender;
use stream_runtime::sink::collect;
use stream_runtime::{BatchInfo, Clock, ManualClock, Signal};

stream!(
    /// Takes a fixed time for a batch, and some more for each number.
    #[batch(10ms)]
    fn busy(numbers: Stream<u64>, clock: Sending, fixed: Duration, each: Duration, out: Sink<u64>) {
        numbers.for_each_batch(|numbers, _| {
            clock.advance(fixed + each * u32::try_from(numbers.count()).unwrap())
        });
        numbers.to(out);
    }
);

const INTERVAL: Duration = Duration::from_millis(10);
/// A batch of `INTERVAL` with so many numbers takes as long as that.
const CAPACITY: usize = 100;
/// For so many intervals half as much again comes in; then half of what the job can take.
const OVERLOAD: u32 = 1_000;
const AFTER: u32 = 200;
/// So many intervals later batches are in time.
const SOON: u32 = 10;

const fn us(us: u64) -> Duration {
    Duration::from_micros(us)
}

/// A source that numbers what it sends, and waits when it may not.
struct Source {
    sender: Option<Sender<u64>>,
    next: u64,
    /// How often it had to wait.
    refused: u64,
    /// How many numbers are in batches that are done.
    done: u64,
    most_in_flight: u64,
}

impl Source {
    /// What it sends in the millisecond that ends at `now`.
    fn send(&mut self, now: BatchTime) {
        let passed = now.since(BatchTime::ZERO).div_duration_f64(INTERVAL) as u32;
        let share = match passed {
            0..OVERLOAD => 1.5,
            _ => 0.5,
        };
        let Some(sender) = self.sender.take().filter(|_| passed < OVERLOAD + AFTER) else {
            return;
        };
        for _ in 0..(share * CAPACITY as f64 / 10.0) as u64 {
            match sender.try_send(self.next) {
                Ok(()) => self.next += 1,
                Err(TrySendError::Full(_)) => {
                    self.refused += 1;
                    break;
                }
                Err(TrySendError::Disconnected(_)) => panic!("the job takes no more"),
            }
        }
        self.most_in_flight = self.most_in_flight.max(self.next - self.done);
        self.sender = Some(sender);
    }
}

/// A clock that is moved by whoever waits for it, and a source that sends as it moves.
#[derive(Clone)]
struct Sending {
    clock: ManualClock,
    source: Arc<Mutex<Source>>,
}

impl Sending {
    fn advance(&self, mut duration: Duration) {
        while !duration.is_zero() {
            let within = self.now().as_micros() % 1_000;
            let step = duration.min(us(1_000 - within));
            self.clock.advance(step);
            duration -= step;
            if self.now().as_micros().is_multiple_of(1_000) {
                self.source.lock().unwrap().send(self.now());
            }
        }
    }
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.clock.fmt(f)
    }
}

impl Clock for Sending {
    fn now(&self) -> BatchTime {
        self.clock.now()
    }

    fn wait_until(&self, deadline: BatchTime, signal: &Signal) {
        if !signal.is_raised() {
            self.advance(deadline.since(self.now()));
        }
    }
}

/// What came of a run.
struct Run {
    batches: Vec<BatchInfo>,
    refused: u64,
}

impl Run {
    /// The batches of the overload, without those in which it began.
    fn overload(&self) -> impl Iterator<Item = &BatchInfo> {
        let batches = self.batches.iter();
        batches.filter(|batch| (30..OVERLOAD).contains(&intervals(batch)))
    }

    /// Checks that soon after the overload batches take no longer than their interval, from when they
    /// were due to when they were done.
    fn assert_soon_in_time(&self) {
        let after = |batch: &&BatchInfo| intervals(batch) > OVERLOAD + SOON;
        let after: Vec<&BatchInfo> = self.batches.iter().filter(after).collect();
        assert!(after.len() > 20);
        for batch in after {
            assert!(batch.total_delay() <= batch.interval, "{batch:?}");
        }
    }
}

/// How many intervals had passed when the batch was due.
fn intervals(batch: &BatchInfo) -> u32 {
    let passed = batch.time.since(BatchTime::ZERO);
    passed.div_duration_f64(INTERVAL) as u32
}

/// Runs a job whose batches cost so much over the source, with a bound in flight.
fn soak(bound: usize, fixed: Duration, set: impl FnOnce(Job) -> Job) -> Run {
    let (sender, numbers) = channel(bound);
    let source = Arc::new(Mutex::new(Source {
        sender: Some(sender),
        next: 0,
        refused: 0,
        done: 0,
        most_in_flight: 0,
    }));
    let clock = Sending {
        clock: ManualClock::new(),
        source: Arc::clone(&source),
    };
    let (out, collected) = collect();
    let each = (INTERVAL - fixed) / CAPACITY as u32;
    let batches = Arc::new(Mutex::new(Vec::new()));
    let (seen, sent) = (Arc::clone(&batches), Arc::clone(&source));
    let job = busy(numbers, clock.clone(), fixed, each, out)
        .clock(clock)
        .threads(1)
        .on_batch(move |batch| {
            sent.lock().unwrap().done += batch.records;
            seen.lock().unwrap().push(batch.clone());
        });
    set(job).run().unwrap();
    let source = source.lock().unwrap();
    assert!(collected.rows().concat().into_iter().eq(0..source.next));
    assert!(
        source.most_in_flight <= bound as u64,
        "{} in flight, and {bound} may be",
        source.most_in_flight
    );
    let batches = batches.lock().unwrap().clone();
    Run {
        batches,
        refused: source.refused,
    }
}

#[test]
fn a_bound_in_flight_alone_makes_the_source_wait() {
    let run = soak(3 * CAPACITY, us(3_000), |job| job);
    assert!(run.refused > 0);
    for batch in run.overload() {
        assert!(batch.total_delay() <= 5 * INTERVAL, "{batch:?}");
    }
    let late = run
        .overload()
        .filter(|batch| batch.total_delay() > INTERVAL);
    assert!(late.count() > OVERLOAD as usize / 2, "batches queue");
    run.assert_soon_in_time();
}

#[test]
fn a_rate_control_lets_nothing_queue() {
    // The bound is never reached once the rate is known.
    let run = soak(20 * CAPACITY, us(3_000), |job| {
        job.rate_control(Pid::default())
    });
    assert!(run.refused > 0);
    let delays = run.overload().map(BatchInfo::total_delay);
    assert!(delays.max() <= Some(3 * INTERVAL));
    let records: u64 = run.overload().map(|batch| batch.records).sum();
    let most = CAPACITY as u64 * u64::from(OVERLOAD - 30);
    assert!(records > most * 9 / 10, "{records} of {most}");
    run.assert_soon_in_time();
}

#[test]
fn an_adaptive_interval_takes_all_with_longer_batches() {
    let run = soak(20 * CAPACITY, us(7_000), |job| {
        job.adaptive_interval(20 * INTERVAL)
    });
    assert_eq!(run.refused, 0, "the source never waits");
    for batch in run.overload() {
        assert!(batch.total_delay() <= batch.interval, "{batch:?}");
        assert!(batch.interval > INTERVAL, "{batch:?}");
    }
    run.assert_soon_in_time();
    let last = run.batches.iter().rev().nth(5).unwrap();
    assert!(last.interval <= 2 * INTERVAL, "{last:?}");
}
