//! The scheduler on a clock that the tests move: which batches are run, when, and what is measured.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::{Source, SourceContext};
use stream_runtime::sink::collect;
use stream_runtime::{BatchInfo, Clock, Error, ManualClock, Result, Rows, Signal, Summary};

stream!(
    /// Moves the clock on by as many milliseconds as each record says, in two outputs.
    #[batch(10ms)]
    fn work(millis: Stream<u64>, clock: ManualClock) {
        millis.for_each_batch(|millis, _| clock.advance(ms(millis.sum())));
        millis.for_each_batch(|millis, _| clock.advance(ms(2 * millis.sum())));
    }

    #[batch(10ms)]
    fn keep(numbers: Stream<u64>, out: Sink<u64>) {
        numbers
            .map(|x| if x == 13 { panic!("unlucky") } else { x })
            .to(out);
    }

    /// Takes a fixed time for a batch, and some more for each number.
    #[batch(10ms)]
    fn busy(
        numbers: Stream<u64>,
        clock: ManualClock,
        fixed: Duration,
        each: Duration,
        sums: Sink<u64>,
    ) {
        numbers.for_each_batch(|numbers, _| {
            clock.advance(fixed + each * u32::try_from(numbers.count()).unwrap())
        });
        numbers
            .reduce_by_window(|a, b| a + b, 400ms, 200ms)
            .to(sums);
    }

    #[batch(10ms)]
    fn keep_both(left: Stream<u64>, right: Stream<u64>, out: Sink<u64>) {
        left.union(right).to(out);
    }
);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
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

/// Runs a job on a leaping clock, and keeps what was measured.
fn run_on(clock: &Leaping, job: Job) -> (Result<Summary>, Vec<BatchInfo>) {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&batches);
    let job = job
        .clock(clock.clone())
        .threads(1)
        .on_batch(move |batch| seen.lock().unwrap().push(batch.clone()));
    let result = job.run();
    let batches = batches.lock().unwrap().clone();
    (result, batches)
}

fn run(job: Job) -> (Summary, Vec<BatchInfo>) {
    let (result, batches) = run_on(&Leaping::default(), job);
    (result.unwrap(), batches)
}

fn times(batches: &[BatchInfo]) -> Vec<u64> {
    batches.iter().map(|batch| batch.time.as_millis()).collect()
}

/// Gives a script's rows one a batch, and another script's after it was stopped.
#[derive(Default)]
struct Script {
    rows: VecDeque<Vec<u64>>,
    after_stop: VecDeque<Vec<u64>>,
    endless: bool,
    at_rest: bool,
    start_fails: bool,
    stopped: Arc<Mutex<u32>>,
}

impl Source for Script {
    type Block = Rows<u64>;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        match self.start_fails {
            true => Err(Error::Input {
                input: context.input.clone(),
                cause: "nobody is there".to_owned(),
            }),
            false => Ok(()),
        }
    }

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<u64>>> {
        Ok(self.rows.pop_front().map(Rows).into_iter().collect())
    }

    fn is_finished(&self) -> bool {
        self.rows.is_empty() && !self.endless
    }

    fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    fn stop(&mut self) {
        self.rows = std::mem::take(&mut self.after_stop);
        self.endless = false;
        *self.stopped.lock().unwrap() += 1;
    }
}

fn script(rows: &[&[u64]]) -> Script {
    Script {
        rows: rows.iter().map(|row| row.to_vec()).collect(),
        ..Script::default()
    }
}

fn endless(rows: &[&[u64]]) -> Script {
    Script {
        endless: true,
        ..script(rows)
    }
}

#[test]
fn the_first_batch_ends_at_the_next_multiple_of_the_interval() {
    for (started, first) in [(0, 10), (7, 10), (10, 20), (23, 30)] {
        let clock = Leaping::default();
        clock.0.advance(ms(started));
        let (_, batches) = run_on(&clock, work(queue([[0], [0]]), clock.0.clone()));
        assert_eq!(
            times(&batches),
            [first, first + 10],
            "started at {started} ms"
        );
    }
}

#[test]
fn intervals_below_a_millisecond_are_held_on_the_machines_clock() {
    let (out, _) = stream_runtime::sink::collect();
    let times = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&times);
    let job = keep(endless(&[]), out)
        .batch_interval(Duration::from_micros(100))
        .max_batches(100)
        .on_batch(move |batch| seen.lock().unwrap().push(batch.time.as_micros()));
    assert_eq!(job.run().unwrap().batches, 100);
    let times = times.lock().unwrap();
    assert_eq!(times[0] % 100, 0);
    assert!(
        times.windows(2).all(|pair| pair[1] == pair[0] + 100),
        "{times:?}"
    );
}

#[test]
fn batches_queue_behind_a_slow_one_and_their_delay_counts_from_when_they_were_due() {
    let clock = Leaping::default();
    let job = work(queue([[9], [0], [1], [0]]), clock.0.clone());
    let (result, batches) = run_on(&clock, job);
    assert_eq!(times(&batches), [10, 20, 30, 40]);
    let of = |f: fn(&BatchInfo) -> Duration| batches.iter().map(f).collect::<Vec<_>>();
    // The first is begun at 10 and takes 27; the second was due at 20, the third at 30.
    assert_eq!(of(|batch| batch.processing_time), [27, 0, 3, 0].map(ms));
    assert_eq!(of(|batch| batch.scheduling_delay), [0, 17, 7, 0].map(ms));
    assert_eq!(of(BatchInfo::total_delay), [27, 17, 10, 0].map(ms));
    let waiting: Vec<u64> = batches.iter().map(|batch| batch.waiting).collect();
    assert_eq!(waiting, [2, 1, 1, 0]);
    let summary = result.unwrap();
    assert_eq!((summary.batches, summary.records), (4, 4));
    assert_eq!(summary.total_delay_max, ms(27));
    assert_eq!(summary.processing_time_mean(), Duration::from_micros(7_500));
    assert_eq!(summary.elapsed, ms(40));
}

#[test]
fn each_output_is_measured() {
    let clock = Leaping::default();
    let (_, batches) = run_on(&clock, work(queue([[5]]), clock.0.clone()));
    let [first, second] = &batches[0].outputs[..] else {
        panic!("two outputs: {:?}", batches[0].outputs);
    };
    assert_eq!((first.started_after, first.duration), (ms(0), ms(5)));
    assert_eq!((second.started_after, second.duration), (ms(5), ms(10)));
    assert_eq!(batches[0].total_delay_of(second), ms(15));
    assert_eq!(second.site.operator(), "for_each_batch");
}

#[test]
fn a_failing_batch_stops_the_job_and_its_inputs() {
    let (out, collected) = stream_runtime::sink::collect();
    let input = script(&[&[1], &[2, 13], &[3]]);
    let stopped = Arc::clone(&input.stopped);
    let (result, batches) = run_on(&Leaping::default(), keep(input, out));
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with("batch 20 ms"), "{error}");
    assert!(error.contains("`map` at tests/scheduler.rs:"), "{error}");
    assert!(error.ends_with("panicked: unlucky"), "{error}");
    assert_eq!(times(&batches), [10]);
    assert_eq!(collected.rows(), [[1]]);
    assert_eq!(*stopped.lock().unwrap(), 1);
}

stream!(
    /// Fails as often as `failures` says.
    #[batch(10ms)]
    fn flaky(numbers: Stream<u64>, failures: Arc<AtomicU32>, sum: Accumulator<Sum<u64>>) {
        numbers
            .map(|x| {
                sum.add(x);
                x
            })
            .for_each_batch(|_, _| fail_one(&failures));
    }
);

/// Panics as long as failures are left, and takes one away.
fn fail_one(failures: &AtomicU32) {
    let left = failures.load(Ordering::Relaxed);
    if left > 0 {
        failures.store(left - 1, Ordering::Relaxed);
        panic!("{left} failures left");
    }
}

#[test]
fn a_batch_is_tried_again_as_often_as_it_may_be() {
    for (failures, attempts, succeeds) in [(0, 1, true), (2, 3, true), (2, 2, false)] {
        let sum = Accumulator::named("sum");
        let job = flaky(
            queue([[5, 6]]),
            Arc::new(AtomicU32::new(failures)),
            sum.clone(),
        );
        let (result, batches) = run_on(&Leaping::default(), job.attempts(attempts));
        assert_eq!(
            result.is_ok(),
            succeeds,
            "{failures} failures, {attempts} attempts"
        );
        if succeeds {
            assert_eq!(batches[0].attempts, failures + 1);
        }
        assert_eq!(
            sum.value(),
            if succeeds { 11 } else { 0 },
            "a record counts once"
        );
    }
}

#[test]
fn a_batch_that_is_tried_again_waits_longer_each_time() {
    let clock = Leaping::default();
    let failures = Arc::new(AtomicU32::new(8));
    let job = flaky(queue([[5]]), failures, Accumulator::named("sum"));
    let job = job.attempts(9).retry_delay(ms(1_000));
    let (result, batches) = run_on(&clock, job);
    result.unwrap();
    let waited: u64 = [1, 2, 4, 8, 16, 30, 30, 30].iter().sum();
    assert_eq!(batches[0].attempts, 9);
    assert_eq!(batches[0].processing_time, ms(1_000 * waited));
}

#[test]
fn a_job_ends_with_its_inputs() {
    let (out, collected) = stream_runtime::sink::collect();
    let (summary, _) = run(keep_both(
        script(&[&[1]]),
        script(&[&[10], &[20], &[30]]),
        out,
    ));
    assert_eq!(collected.rows(), [vec![1, 10], vec![20], vec![30]]);
    assert_eq!(summary.batches, 3);
}

#[test]
fn a_graceful_stop_processes_all_that_was_received() {
    let (out, collected) = stream_runtime::sink::collect();
    let mut input = endless(&[&[1], &[2], &[3]]);
    input.after_stop = VecDeque::from([vec![7], vec![8, 9]]);
    let job = keep(input, out);
    let stop = job.stop_signal();
    let (_, batches) = run(job.on_batch(move |batch| {
        if batch.time.as_millis() == 20 {
            stop.raise();
        }
    }));
    assert_eq!(collected.rows(), [vec![1], vec![2], vec![7], vec![8, 9]]);
    assert_eq!(times(&batches), [10, 20, 30, 40]);
}

#[test]
fn a_graceful_stop_runs_the_batches_that_are_due_also_when_they_are_empty() {
    let clock = Leaping::default();
    let mut input = endless(&[&[12]]);
    input.after_stop = VecDeque::from([vec![], vec![], vec![0], vec![0], vec![], vec![0]]);
    let job = work(input, clock.0.clone());
    let stop = job.stop_signal();
    let (_, batches) = run_on(&clock, job.on_batch(move |_| stop.raise()));
    // At 46 ms the batches of 20, 30 and 40 are due. The one of 50 has records, that of 60 has not.
    assert_eq!(times(&batches), [10, 20, 30, 40, 50]);
}

#[test]
fn a_job_ends_after_so_many_batches() {
    let (out, collected) = stream_runtime::sink::collect();
    let (summary, _) = run(keep(endless(&[&[1], &[2], &[3]]), out).max_batches(2));
    assert_eq!((summary.batches, collected.rows().len()), (2, 2));
}

#[test]
fn a_job_ends_after_its_duration_with_what_came_in_until_then() {
    for (started, duration, expected) in [
        (0, 25, vec![10, 20, 30]), // stopped at 25: the batch of 30 has what came in after 20
        (0, 20, vec![10, 20]),     // the batch of 20 is the last
        (0, 4, vec![10]),          // shorter than an interval
        (5, 4, vec![10]),
        (5, 20, vec![10, 20, 30]),
    ] {
        let (out, _) = stream_runtime::sink::collect();
        let mut input = endless(&[&[1], &[2], &[3], &[4], &[5]]);
        input.after_stop = VecDeque::from([vec![6]]);
        let clock = Leaping::default();
        clock.0.advance(ms(started));
        let job = keep(input, out).duration(ms(duration));
        let (_, batches) = run_on(&clock, job);
        assert_eq!(
            times(&batches),
            expected,
            "{duration} ms from {started} ms on"
        );
    }
}

#[test]
fn batches_of_inputs_at_rest_do_not_wait() {
    let (out, collected) = stream_runtime::sink::collect();
    let input = Script {
        at_rest: true,
        ..script(&[&[1], &[2]])
    };
    let clock = Leaping::default();
    let (_, batches) = run_on(&clock, keep(input, out));
    assert_eq!(collected.rows(), [[1], [2]]);
    assert_eq!(clock.now(), BatchTime::ZERO, "nobody waited");
    assert!(
        batches
            .iter()
            .all(|batch| batch.total_delay().is_zero() && batch.waiting == 0)
    );
}

#[test]
fn inputs_that_were_started_are_stopped_when_another_cannot_be() {
    let (out, _) = stream_runtime::sink::collect();
    let left = endless(&[]);
    let stopped = Arc::clone(&left.stopped);
    let right = Script {
        start_fails: true,
        ..Script::default()
    };
    let (result, _) = run_on(&Leaping::default(), keep_both(left, right, out));
    assert_eq!(
        result.unwrap_err().to_string(),
        "input `right`: nobody is there"
    );
    assert_eq!(*stopped.lock().unwrap(), 1);
}

#[test]
fn progress_tells_what_is_waited_for() {
    let clock = Leaping::default();
    let job = flaky(queue([[1], [2]]), Arc::default(), Accumulator::named("sum"));
    let progress = job.progress();
    let (seen, moved) = (progress.clone(), clock.0.clone());
    let (result, _) = run_on(
        &clock,
        job.on_batch(move |batch| {
            if batch.time.as_millis() == 10 {
                moved.advance(ms(33));
                let now = seen.now();
                let running = now
                    .running
                    .expect("a batch is complete when all were told of it");
                assert_eq!((running.time, running.elapsed), (batch.time, ms(33)));
                assert_eq!(running.at.unwrap().site.operator(), "for_each_batch");
                assert_eq!(now.waiting, 3, "due at 20, 30 and 40 ms");
            }
        }),
    );
    let (summary, end) = (result.unwrap(), progress.now());
    assert_eq!((end.summary.batches, end.waiting), (2, 0));
    assert_eq!(end.summary.elapsed, summary.elapsed);
    assert!(end.running.is_none());
    assert_eq!(end.last.unwrap().time.as_millis(), 20);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let job = || work(queue([[0]]), ManualClock::new());
    for (job, expected) in [
        (
            job().threads(0),
            "a job with 0 threads is not possible: choose 1 to 4096",
        ),
        (
            job().partitions(0),
            "a job with 0 partitions is not possible: choose 1 to 65536",
        ),
        (
            job().batch_interval(Duration::from_nanos(1_500)),
            "a batch interval of 1.5µs is not possible: it must be whole microseconds, at least one",
        ),
    ] {
        assert_eq!(job.run().unwrap_err().to_string(), expected);
    }
}

/// Runs `busy` over a number each millisecond for ten seconds; the batches, and the sums of windows.
fn busy_batches(
    fixed: u64,
    each_us: u64,
    set: impl FnOnce(Job) -> Job,
) -> (Vec<BatchInfo>, Vec<Vec<u64>>) {
    let clock = Leaping::default();
    let (out, sums) = collect();
    let numbers = generator(1_000, |_, at| at).limit(10_000);
    let each = Duration::from_micros(each_us);
    let job = busy(numbers, clock.0.clone(), ms(fixed), each, out);
    let (result, batches) = run_on(&clock, set(job));
    result.unwrap();
    (batches, sums.rows())
}

#[test]
fn an_interval_that_adapts_is_as_short_as_the_job_keeps_up_with() {
    let fixed_interval = |job: Job| job;
    let (batches, _) = busy_batches(40, 300, fixed_interval);
    let last = batches.last().unwrap();
    assert!(last.scheduling_delay > ms(1_000), "{last:?}");

    // 40 ms and three tenths: at 100 ms a batch takes seven tenths.
    let (batches, _) = busy_batches(40, 300, |job| job.adaptive_interval(ms(2_000)));
    for batch in &batches[batches.len() / 2..] {
        assert!((ms(80)..=ms(120)).contains(&batch.interval), "{batch:?}");
        assert!(batch.total_delay() <= batch.interval, "{batch:?}");
    }
    let covered: Duration = batches.iter().map(|batch| batch.interval).sum();
    assert!(covered >= ms(10_000), "no time is left out");
}

#[test]
fn windows_over_batches_that_adapt_are_the_same() {
    let (_, expected) = busy_batches(0, 0, |job| job);
    let (batches, sums) = busy_batches(40, 300, |job| job.adaptive_interval(ms(2_000)));
    assert!(batches.len() < 300);
    assert_eq!(sums[..49], expected[..49]);
    assert_eq!(sums[1], [(0..400).sum::<u64>()]);
}

#[test]
fn rates_are_those_that_batches_are_processed_with() {
    // Ten records a batch come, and seven can be processed.
    let (free, _) = busy_batches(3, 1_000, |job| job.max_batches(200));
    assert!(free.last().unwrap().scheduling_delay > ms(500));
    let pid = stream_runtime::rate::Pid::default();
    let (limited, _) = busy_batches(3, 1_000, |job| job.rate_control(pid).max_batches(200));
    for batch in &limited[20..] {
        assert!(batch.records <= 8, "{batch:?}");
        assert!(batch.total_delay() <= ms(30), "{batch:?}");
    }
}

#[test]
fn two_controls_at_once_are_refused() {
    let pid = stream_runtime::rate::Pid::default();
    let job = keep(script(&[&[1]]), collect().0).rate_control(pid);
    let (result, _) = run_on(&Leaping::default(), job.adaptive_interval(ms(50)));
    let error = result.unwrap_err().to_string();
    assert!(error.contains("choose one"), "{error}");
}
