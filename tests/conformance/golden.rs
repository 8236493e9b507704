//! The cases that were recorded from Spark 3.5.9, and those of `InputStreamsSuite` and `TimeSuite`.

use std::time::Duration;

use serde_json::Value;
use stream_runtime::BatchTime;
use stream_runtime::prelude::*;
use stream_runtime::sink::collect;
use stream_runtime::testing::TestRun;

use crate::case::Case;
use crate::java;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("golden.reduce.empty", |case| {
        case.holds::<u64, _>(java::sum)
    }),
    ("golden.count_by_value.empty", |case| {
        case.holds::<u64, _>(counts)
    }),
    ("golden.print", printed),
    ("input.queue_all", queue_all),
    ("time.until", time_ranges),
];

stream!(
    fn counts(xs: Stream<u64>, out: Sink<(u64, u64)>) {
        xs.count_by_value().to(out);
    }

    fn shown(xs: Stream<u64>) {
        xs.print();
    }

    fn through(words: Stream<&str>, out: Sink<&str>) {
        words.to(out);
    }
);

fn printed(case: &Case) {
    let expected = case.expected_batches.as_ref().and_then(Value::as_array);
    let expected: Vec<&str> = expected
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for run in case.runs() {
        assert_eq!(
            run.printed(shown, case.rows::<u64>()),
            expected.concat(),
            "{}",
            case.id
        );
    }
}

/// Rows are given in advance here, so what is pushed before each tick is a queue of its own.
fn queue_all(case: &Case) {
    let pushes = case.params["pushes_before_tick"].as_array().expect("ticks");
    let rows = pushes.iter().map(|pushed| {
        let pushed = pushed.as_array().expect("rows").iter();
        let pushed = pushed.map(|record| [record.as_str().expect("text").to_owned()]);
        let (out, collected) = collect();
        let job = through(queue(pushed).all_at_once(), out);
        TestRun::new().job(job, 1).expect("the job completes");
        collected.rows().concat()
    });
    let expected = case
        .expected_batches
        .as_ref()
        .expect("the case has an answer");
    case.compare(&Vec::from_iter(rows), expected);
}

fn time_ranges(case: &Case) {
    let cases = case.params["cases"].clone();
    let cases: Vec<(String, u64, u64, u64, Vec<u64>)> =
        serde_json::from_value(cases).expect("ranges of times");
    for (operation, begin, end, step, expected) in cases {
        let (begin, end) = (BatchTime::from_millis(begin), BatchTime::from_millis(end));
        let step = Duration::from_millis(step);
        let times: Vec<u64> = match &*operation {
            "until" => begin.until(end, step).map(BatchTime::as_millis).collect(),
            "to" => begin.to(end, step).map(BatchTime::as_millis).collect(),
            other => panic!("{}: unknown operation {other}", case.id),
        };
        assert_eq!(times, expected, "{begin} {operation} {end} by {step:?}");
    }
}
