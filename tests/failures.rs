//! A failure names the operator and the line, and leaves the process in order.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use stream_runtime::prelude::*;
use stream_runtime::testing::{TestRun, collect, run_batches};
use stream_runtime::{Error, Failure, sink};

/// The line of the first operator in `everywhere`; the next ones stand on the lines after it.
const FIRST_LINE: u32 = line!() + 6;

stream!(
    #[rustfmt::skip]
    fn everywhere(xs: Stream<u64>, place: &'static str, out: Sink<(u64, u64)>) {
        let pairs = xs
            .map(|x| fail_in(place, "map", x))
            .filter(|x| fail_in(place, "filter", *x) > 0)
            .flat_map(|x| (0..1).map(move |_| fail_in(place, "flat_map", x)))
            .transform(|batch| batch.map(|x| fail_in(place, "transform", x)))
            .map_partitions(|xs| xs.map(|x| fail_in(place, "map_partitions", x)))
            .map(|x| (x % 7, x))
            .reduce_by_key(|a, b| fail_in(place, "reduce_by_key", a.max(b)));
        pairs.for_each_batch(|batch, _| batch.for_each(|(_, x)| { fail_in(place, "for_each_batch", x); }));
        pairs.to(out);
    }
);

/// Enough for stages to run in parallel.
const RECORDS: u64 = 10_000;

fn fail_in(place: &str, operator: &str, x: u64) -> u64 {
    assert!(place != operator || x < RECORDS - 1, "not with {x}");
    x
}

/// Operators with their distance from the first line.
const PLACES: [(&str, u32); 7] = [
    ("map", 0),
    ("filter", 1),
    ("flat_map", 2),
    ("transform", 3),
    ("map_partitions", 4),
    ("reduce_by_key", 6),
    ("for_each_batch", 7),
];

#[test]
fn a_panic_names_operator_and_line_and_later_jobs_run() {
    let batch = || [(1..RECORDS).collect::<Vec<u64>>()];
    for (operator, line) in PLACES {
        for threads in [1, 3] {
            let run = TestRun::new().partitions(4).threads(threads);
            let error = run.fails(|xs| everywhere(xs, operator, collect().0), batch());
            let line = FIRST_LINE + line;
            let expected = format!(
                "batch 1000 ms: `{operator}` at tests/failures.rs:{line} panicked: not with 9999"
            );
            assert_eq!(error.to_string(), expected);
            let rows = run.run(|xs, out| everywhere(xs, "nowhere", out), batch());
            assert_eq!(rows[0].len(), 7);
        }
    }
}

stream!(
    fn doubled(xs: Stream<u64>, out: Sink<u64>) {
        xs.map(|x| x * 2).to(out);
    }
);

/// A sink that fails `times` times, then prints to nowhere.
fn failing(
    times: u32,
) -> (
    Arc<AtomicU32>,
    impl sink::BatchWriter<stream_runtime::Val<u64>>,
) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let sink =
        sink::from_fn(
            move |_time, _: &[Vec<u64>]| match counted.fetch_add(1, Ordering::SeqCst) {
                call if call < times => Err(io::Error::other("the disk is full")),
                _ => Ok(()),
            },
        );
    (calls, sink)
}

#[test]
fn an_output_that_fails_names_itself_and_the_cause() {
    let (_calls, out) = failing(1);
    let error = TestRun::new().fails(|xs| doubled(xs, out), [[1]]);
    let Error::Batch { failure, .. } = &error else {
        panic!("a batch failed, not {error}");
    };
    assert!(matches!(failure, Failure::Output { site, .. } if site.operator() == "to"));
    assert!(
        error.to_string().ends_with(" failed: the disk is full"),
        "{error}"
    );
}

#[test]
fn a_batch_is_tried_as_often_as_it_may_be() {
    let (calls, out) = failing(2);
    TestRun::new()
        .attempts(3)
        .printed(|xs| doubled(xs, out), [[1], [2]]);
    assert_eq!(calls.load(Ordering::SeqCst), 4, "three for the first batch");
    let (calls, out) = failing(3);
    TestRun::new()
        .attempts(3)
        .fails(|xs| doubled(xs, out), [[1], [2]]);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

stream!(
    fn saved(xs: Stream<u64>, prefix: String, file: Sink<u64>, fault: Sink<u64>) {
        xs.save_as_text_files(&prefix, "");
        xs.to(file);
        xs.to(fault);
    }
);

#[test]
fn files_hold_a_batch_once_however_often_it_is_tried() {
    let home = tempfile::tempdir().unwrap();
    let (prefix, path) = (
        home.path().join("xs").display().to_string(),
        home.path().join("xs.jsonl"),
    );
    let (_calls, fault) = failing(2);
    let file = sink::jsonl(&path).unwrap();
    let run = TestRun::new().partitions(1).attempts(3);
    run.printed(
        |xs| saved(xs, prefix.clone(), file, fault),
        [vec![1, 2], vec![3]],
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "1\n2\n3\n");
    let part = std::fs::read_to_string(format!("{prefix}-1000/part-00000"));
    assert_eq!(part.unwrap(), "1\n2\n");
}

#[test]
fn a_job_in_a_thread_that_failed_before_is_like_any_other() {
    TestRun::new().fails(|xs| everywhere(xs, "map", collect().0), [[RECORDS]]);
    assert_eq!(run_batches(doubled, [[21]]), [[42]]);
}

stream!(
    fn shared_out(xs: Stream<u64>, shares: usize, out: Sink<u64>) {
        xs.take(10 / shares).to(out);
    }
);

#[test]
fn a_panic_in_an_argument_fails_the_batch() {
    let error = TestRun::new().fails(|xs| shared_out(xs, 0, collect().0), [[1]]);
    assert_eq!(
        error.to_string(),
        "batch 1000 ms: an argument of an operator panicked: attempt to divide by zero"
    );
}
