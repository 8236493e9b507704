//! Finding the batch interval, on a clock that the pipeline moves: beside a search through intervals
//! that are all tried.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::rate::Verdict;
use stream_runtime::sink::collect;
use stream_runtime::{Advice, BatchInfo, Clock, Error, ManualClock, Signal, Tuning};

stream!(
    /// A batch of so many numbers takes what `cost` says.
    #[batch(1s)]
    fn busy(numbers: Stream<u64>, clock: ManualClock, cost: Cost) {
        numbers.for_each_batch(|numbers, _| clock.advance(cost(numbers.count())));
    }

    /// The same, and sums over windows.
    #[batch(1s)]
    fn busy_windows(numbers: Stream<u64>, clock: ManualClock, cost: Cost, sums: Sink<u64>) {
        numbers.for_each_batch(|numbers, _| clock.advance(cost(numbers.count())));
        numbers.reduce_by_window(|a, b| a + b, 6s, 2s).to(sums);
    }

    fn lengths(lines: Stream<&str>, out: Sink<usize>) {
        lines.map(|line| line.len()).to(out);
    }
);

/// How long a batch of so many records takes.
type Cost = fn(u64) -> Duration;

/// Records a second.
const RATE: u64 = 1_000;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const fn us(us: u64) -> Duration {
    Duration::from_micros(us)
}

/// A clock that is moved on by whoever waits for it, so that no test sleeps.
#[derive(Debug, Clone, Default)]
struct Leaping(ManualClock);

impl Clock for Leaping {
    fn now(&self) -> BatchTime {
        self.0.now()
    }

    fn wait_until(&self, deadline: BatchTime, signal: &Signal) {
        if !signal.is_raised() {
            self.0.advance(deadline.since(self.now()));
        }
    }
}

/// Numbers at a steady rate.
fn job(cost: Cost) -> Job {
    let clock = Leaping::default();
    let numbers = generator(RATE, |_, at| at);
    busy(numbers, clock.0.clone(), cost).clock(clock).threads(1)
}

fn tune(cost: Cost) -> Tuning {
    job(cost).tune(ms(60_000)).unwrap()
}

/// Whether twenty batches of this interval are done in time, and the last no later than the others.
fn keeps_up(cost: Cost, interval: Duration) -> bool {
    let batches = Arc::new(Mutex::new(Vec::<BatchInfo>::new()));
    let seen = Arc::clone(&batches);
    let job = job(cost).batch_interval(interval).max_batches(20);
    let job = job.on_batch(move |batch| seen.lock().unwrap().push(batch.clone()));
    job.run().unwrap();
    let batches = batches.lock().unwrap();
    let last = batches.last().unwrap();
    last.total_delay() <= interval && last.scheduling_delay <= batches[1].scheduling_delay
}

/// The smallest of all intervals of whole milliseconds.
fn exhaustive(cost: Cost) -> Duration {
    let mut intervals = (1..1_000).map(ms);
    intervals
        .find(|interval| keeps_up(cost, *interval))
        .unwrap()
}

#[test]
fn it_is_within_a_factor_of_two_of_an_exhaustive_search() {
    let costs: [Cost; 3] = [
        // Mostly for the batch, mostly for the records, and for sorting them.
        |records| us(40_000 + 100 * records),
        |records| us(6_000 + 600 * records),
        |records| us(15_000 + 40 * records * u64::from((records + 1).ilog2())),
    ];
    for (at, cost) in costs.into_iter().enumerate() {
        let (tuning, least) = (tune(cost), exhaustive(cost));
        let Advice::Take(interval) = tuning.advice else {
            panic!("cost {at}: {tuning:?}");
        };
        assert!(keeps_up(cost, interval), "cost {at}: {tuning:?}");
        assert!(
            (least..=2 * least).contains(&interval),
            "cost {at}: {interval:?} instead of {least:?}"
        );
        assert_eq!(tuning.trials[0].interval, ms(5_000));
        let stable = tuning.stable().unwrap();
        assert_eq!(
            (stable.interval, stable.verdict),
            (interval, Verdict::Stable)
        );
        assert!((990.0..1_010.0).contains(&stable.incoming()), "{stable:?}");
    }
}

#[test]
fn what_the_job_cannot_take_is_reported_with_both_rates() {
    let tuning = tune(|records| us(10_000 + 1_250 * records));
    let Advice::Unsustainable { incoming, capacity } = tuning.advice else {
        panic!("{tuning:?}");
    };
    assert!((990.0..1_010.0).contains(&incoming), "{incoming}");
    assert!((790.0..801.0).contains(&capacity), "{capacity}");
    assert!(tuning.stable().is_none());
    assert_eq!(tuning.trials.last().unwrap().interval, ms(60_000));
}

#[test]
fn with_windows_the_interval_divides_their_slide_and_they_hold_what_they_would() {
    let clock = Leaping::default();
    let (out, sums) = collect();
    let numbers = generator(RATE, |_, at| at);
    let cost: Cost = |records| us(50_000 + 300 * records);
    let job = busy_windows(numbers, clock.0.clone(), cost, out).clock(clock);
    let tuning = job.threads(1).tune(ms(60_000)).unwrap();
    // A batch of 84 ms takes nine tenths of it, and one of 72 ms all.
    assert_eq!(tuning.advice, Advice::Take(ms(100)), "{tuning:?}");
    assert!(
        tuning
            .trials
            .iter()
            .all(|trial| 2_000 % trial.interval.as_millis() == 0)
    );
    let sums = sums.rows().concat();
    let sum = |from: u64, to: u64| (from..to).sum::<u64>();
    assert_eq!(
        sums[..4],
        [
            sum(0, 2_000),
            sum(0, 4_000),
            sum(0, 6_000),
            sum(2_000, 8_000)
        ]
    );
}

#[test]
fn a_stop_ends_with_what_is_known() {
    let job = job(|records| us(40_000 + 100 * records));
    let stop = job.stop_signal();
    let job = job.on_batch(move |batch| {
        if batch.interval < ms(1_000) && batch.time.as_millis() > 5_000 {
            stop.raise();
        }
    });
    let tuning = job.tune(ms(60_000)).unwrap();
    let stable = tuning.trials[0].interval;
    assert_eq!(
        tuning.advice,
        Advice::Unfinished {
            stable: Some(stable)
        }
    );
    assert_eq!(stable, ms(5_000));
}

#[test]
fn records_that_are_there_already_say_nothing() {
    let error = lengths(text_file("Cargo.toml"), collect().0).tune(ms(1_000));
    assert!(matches!(error, Err(Error::Config(_))), "{error:?}");
}
