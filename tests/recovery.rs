//! What a job that is started again may differ in from the one before, and what is refused. That it
//! goes on at all is shown by the corpus of `equivalence`, restored after every batch, by
//! `simulation`, and by `kill`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::{Queue, Source};
use stream_runtime::sink::{Collect, Collected, collect};
use stream_runtime::storage::{MemoryStorage, Operation, Verdict};
use stream_runtime::{CatchUp, Clock, Error, Rows, Signal};

stream!(
    #[checkpoint]
    fn totals(xs: Stream<u64>, out: Sink<(u64, u64)>) {
        let totals = xs
            .map(|x| (x % 2, x))
            .update_state_by_key(|xs, total| Some(total.unwrap_or(0u64) + xs.iter().sum::<u64>()));
        totals.to(out);
    }

    #[checkpoint]
    fn windows(xs: Stream<u64>, out: Sink<u64>) {
        xs.reduce_by_window(|a, b| a + b, 4s, 2s).to(out);
    }
);

/// The pipeline `totals` as it was before, with another state beside, and one operator less.
mod before {
    use stream_runtime::prelude::*;

    stream!(
        #[checkpoint]
        pub(super) fn totals(xs: Stream<u64>, out: Sink<(u64, u64)>) {
            let counts = xs.count_by_value().map(|(x, n)| (x, n));
            let recent = counts.reduce_by_key_and_window(|a, b| a + b, 3s, 1s);
            recent.for_each_batch(|_, _| {});
            let totals = xs.key_by(|x| x % 2).update_state_by_key(|xs, total| {
                Some(total.unwrap_or(0u64) + xs.iter().sum::<u64>())
            });
            totals.to(out);
        }
    );
}

/// A clock that is moved on by whoever waits for it.
#[derive(Debug, Clone)]
struct At(Arc<Mutex<BatchTime>>);

fn at(ms: u64) -> At {
    At(Arc::new(Mutex::new(BatchTime::from_millis(ms))))
}

impl Clock for At {
    fn now(&self) -> BatchTime {
        *self.0.lock().unwrap()
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        let mut now = self.0.lock().unwrap();
        *now = deadline.max(*now);
    }
}

/// Batches of one number: 1, 2, 3 and so on.
fn numbers() -> Queue<u64> {
    queue((1..=20).map(|x| [x]))
}

/// Runs so many batches from a time on, and gives the times of the batches with the rows.
fn run<O: Clone + Send + 'static>(
    pipeline: impl FnOnce(Queue<u64>, Collect<O>) -> Job,
    change: impl FnOnce(Job) -> Job,
    storage: &MemoryStorage,
    from_ms: u64,
    batches: u64,
) -> Result<Vec<(u64, Vec<O>)>, Error> {
    let (out, collected): (_, Collected<O>) = collect();
    let times = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&times);
    let job = pipeline(numbers(), out)
        .clock(at(from_ms))
        .threads(1)
        .partitions(2)
        .max_batches(batches)
        .on_batch(move |batch| seen.lock().unwrap().push(batch.time.as_millis()))
        .checkpoint(storage.clone());
    change(job).run()?;
    let times = times.lock().unwrap().clone();
    Ok(times.into_iter().zip(collected.rows()).collect())
}

fn same(job: Job) -> Job {
    job
}

fn sorted<O: Ord>(mut rows: Vec<(u64, Vec<O>)>) -> Vec<(u64, Vec<O>)> {
    rows.iter_mut().for_each(|(_, row)| row.sort());
    rows
}

#[test]
fn the_batches_of_the_down_time_are_run_or_skipped() {
    for (catch_up, times) in [
        (CatchUp::Every, [3_000, 4_000, 5_000, 6_000]),
        (CatchUp::Skip, [6_000, 7_000, 8_000, 9_000]),
    ] {
        let storage = MemoryStorage::new();
        run(totals, same, &storage, 0, 2).unwrap();
        let rows = run(totals, |job| job.catch_up(catch_up), &storage, 5_300, 4).unwrap();
        assert_eq!(Vec::from_iter(rows.iter().map(|(time, _)| *time)), times);
        // The input goes on where it was.
        assert_eq!(sorted(rows)[0].1, [(0, 2), (1, 4)]);
    }
}

#[test]
fn another_batch_interval_keeps_the_windows() {
    let storage = MemoryStorage::new();
    // Where a window does not slide there are no rows: of three batches there is one, of four two.
    let first = run(windows, same, &storage, 0, 3).unwrap();
    assert_eq!(rows(first), [[1 + 2]]);
    let faster = |job: Job| job.batch_interval(Duration::from_millis(500));
    let second = run(windows, faster, &storage, 3_000, 6).unwrap();
    // At 4 s, the batches at 1, 2, 3, 3.5 and 4 s; at 6 s, those at 2.5 s and later.
    assert_eq!(
        rows(second),
        [[1 + 2 + 3 + 4 + 5], [3 + 4 + 5 + 6 + 7 + 8 + 9]]
    );
}

fn rows<O>(batches: Vec<(u64, Vec<O>)>) -> Vec<Vec<O>> {
    batches.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn a_batch_interval_that_does_not_fit_is_refused_before_anything_is_run() {
    let storage = MemoryStorage::new();
    let slower = |job: Job| job.batch_interval(Duration::from_secs(3));
    let error = run(windows, slower, &storage, 0, 1)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a length of 4s is not a multiple of the batch interval 3s"),
        "{error}"
    );
    assert!(error.contains("3s or 6s"), "{error}");
}

#[test]
fn operators_that_are_added_and_taken_out_leave_the_other_states() {
    let storage = MemoryStorage::new();
    run(before::totals, same, &storage, 0, 3).unwrap();
    let rows = run(totals, same, &storage, 3_000, 1).unwrap();
    assert_eq!(sorted(rows), [(4_000, vec![(0, 2 + 4), (1, 1 + 3)])]);
    let rows = run(before::totals, same, &storage, 4_000, 1).unwrap();
    assert_eq!(sorted(rows), [(5_000, vec![(0, 2 + 4), (1, 1 + 3 + 5)])]);
}

#[test]
fn threads_and_partitions_may_change() {
    let storage = MemoryStorage::new();
    run(totals, same, &storage, 0, 3).unwrap();
    let other = |job: Job| job.partitions(7).threads(2);
    let rows = run(totals, other, &storage, 3_000, 1).unwrap();
    assert_eq!(sorted(rows), [(4_000, vec![(0, 2 + 4), (1, 1 + 3)])]);
}

#[test]
fn commits_may_be_rare_and_nothing_is_lost() {
    let storage = MemoryStorage::new();
    let rare = |job: Job| {
        job.checkpoint_every(Duration::from_secs(10))
            .checkpoint_inline()
    };
    storage.intercept(|at, operation| match operation {
        Operation::Write(..) if at > 40 => Verdict::PowerOff,
        _ => Verdict::Proceed,
    });
    let error = run(totals, rare, &storage, 0, 20).unwrap_err();
    assert!(error.to_string().contains("power"), "{error}");
    let left = storage.after(stream_runtime::storage::Crash::Lost);
    let rows = sorted(run(totals, same, &left, 20_000, 20).unwrap());
    assert_eq!(rows.last().unwrap().1, [(0, 110), (1, 100)]);
}

#[test]
fn a_fresh_start_does_not_write_over_a_checkpoint() {
    let storage = MemoryStorage::new();
    run(totals, Job::fresh, &storage, 0, 2).unwrap();
    let error = run(totals, Job::fresh, &storage, 2_000, 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("the batches up to 2000 ms"), "{error}");
    let rows = sorted(run(totals, same, &storage, 2_000, 1).unwrap());
    assert_eq!(rows, [(3_000, vec![(0, 2), (1, 4)])]);
}

#[test]
fn an_input_that_cannot_go_back_is_refused_with_the_remedy() {
    struct Once;
    impl Source for Once {
        type Block = Rows<u64>;
        fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<u64>>, Error> {
            Ok(vec![Rows(vec![1])])
        }
    }
    let job = totals(Once, collect().0).checkpoint(MemoryStorage::new());
    let error = job
        .clock(at(0))
        .max_batches(1)
        .run()
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("input `xs`: "), "{error}");
    assert!(error.contains("`replay`"), "{error}");
}

stream!(
    fn counted(xs: Stream<u64>, a: Accumulator<Sum<u64>>, b: Accumulator<Count>, out: Sink<u64>) {
        xs.inspect(|x| a.add(*x)).inspect(|_| b.increment()).to(out);
    }
);

#[test]
fn accumulators_come_back_by_their_names() {
    let storage = MemoryStorage::new();
    let work = |b: &str, batches| {
        let (sum, count) = (Accumulator::named("sum"), Accumulator::named(b));
        let (a, b) = (sum.clone(), count.clone());
        let ran = run(|xs, out| counted(xs, a, b, out), same, &storage, 0, batches);
        ran.map(|_| (sum.value(), count.value()))
    };
    assert_eq!(work("count", 3).unwrap(), (1 + 2 + 3, 3));
    assert_eq!(work("count", 2).unwrap(), (1 + 2 + 3 + 4 + 5, 5));
    let error = work("sum", 1).unwrap_err().to_string();
    assert!(
        error.contains("two accumulators are named `sum`"),
        "{error}"
    );
}
