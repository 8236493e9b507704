//! The cases of windows: Spark's `WindowOperationsSuite`, and what other suites have of them.

use std::time::Duration;

use serde_json::{Value, json};
use stream_runtime::prelude::*;

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("window.tumbling", window),
    ("window.non_overlapping", window),
    ("window.reduce_by_key.basic", sums),
    ("window.reduce_by_key.key_present", sums),
    ("window.reduce_by_key.key_removed", sums),
    ("window.reduce_by_key.big", sums),
    ("window.reduce_by_key_inverse.key_present", both_sums),
    ("window.reduce_by_key_inverse.new_key", both_sums),
    ("window.reduce_by_key_inverse.larger_slide", both_sums),
    ("window.reduce_by_key_filtered.big", both_sums),
    ("window.group_by_key", groups),
    ("window.count_by_value", counts),
    ("java.window", window),
    ("java.window_slide", window),
    ("java.reduce_by_window", reduced),
    ("java.group_by_key_and_window", groups),
    ("java.reduce_by_key_and_window", sums),
    ("java.reduce_by_key_and_window_inverse", both_sums),
    ("golden.window.empty", window),
    ("golden.window.nested", nested),
    ("golden.window.order", window),
    ("golden.count_by_value_window", counts),
];

/// Those of which the answer is another on purpose.
pub(crate) const DIFFERENT: &[(&str, fn(&Case))] = &[
    ("window.reduce_by_key_inverse.key_removed", key_is_gone),
    ("golden.count_by_window.leading_empty", zero_from_the_start),
    (
        "golden.reduce_by_window_inverse.leading_empty",
        empty_window_is_empty,
    ),
    (
        "golden.reduce_by_key_window_inverse.slide_gt_window",
        nothing_twice,
    ),
    ("golden.queue.lazy", every_batch_is_taken),
    ("basic.slice_uninitialized", slice_from_the_start),
];

stream!(
    fn windowed(xs: Stream<u64>, length: Duration, slide: Duration, out: Sink<u64>) {
        xs.window(length, slide).to(out);
    }

    fn sliced(xs: Stream<u64>, from: BatchTime, to: BatchTime, out: Sink<u64>) {
        xs.slice(from, to).to(out);
    }

    fn windowed_twice(xs: Stream<u64>, out: Sink<u64>) {
        xs.window(2s, 1s).window(4s, 2s).to(out);
    }

    fn counted(xs: Stream<u64>, length: Duration, slide: Duration, out: Sink<u64>) {
        xs.count_by_window(length, slide).to(out);
    }

    fn values(xs: Stream<&str>, length: Duration, slide: Duration, out: Sink<(&str, u64)>) {
        xs.count_by_value_and_window(length, slide).to(out);
    }

    fn summed(xs: Stream<u64>, length: Duration, slide: Duration, out: Sink<u64>) {
        xs.reduce_by_window(|a, b| a + b, length, slide).to(out);
    }

    #[checkpoint]
    fn summed_with_inverse(xs: Stream<u64>, length: Duration, slide: Duration, out: Sink<u64>) {
        xs.reduce_by_window(|a, b| a + b, |a, b| a - b, length, slide)
            .to(out);
    }

    fn summed_by_key(
        pairs: Stream<(&str, u64)>,
        length: Duration,
        slide: Duration,
        out: Sink<(&str, u64)>,
    ) {
        pairs
            .reduce_by_key_and_window(|a, b| a + b, length, slide)
            .to(out);
    }

    #[checkpoint]
    fn summed_by_key_with_inverse(
        pairs: Stream<(&str, u64)>,
        length: Duration,
        slide: Duration,
        out: Sink<(&str, u64)>,
    ) {
        pairs
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length, slide)
            .to(out);
    }

    fn grouped(
        pairs: Stream<(&str, u64)>,
        length: Duration,
        slide: Duration,
        out: Sink<(&str, Vec<u64>)>,
    ) {
        let groups = pairs.group_by_key_and_window(length, slide);
        groups
            .map_values(|mut values| {
                values.sort_unstable();
                values
            })
            .to(out);
    }
);

/// Length and slide of a case, whose batches are of one second.
fn extent(case: &Case) -> (Duration, Duration) {
    let [length, slide] = ["window_batches", "slide_batches"].map(|batches| {
        let batches = case.params[batches].as_u64();
        Duration::from_secs(batches.expect("the case has a window"))
    });
    (length, slide)
}

fn window(case: &Case) {
    let (length, slide) = extent(case);
    case.holds::<u64, _>(|xs, out| windowed(xs, length, slide, out));
}

fn nested(case: &Case) {
    case.holds::<u64, _>(windowed_twice);
}

fn counts(case: &Case) {
    let (length, slide) = extent(case);
    case.holds::<String, _>(|words, out| values(words, length, slide, out));
}

fn reduced(case: &Case) {
    let (length, slide) = extent(case);
    case.holds::<u64, _>(|xs, out| summed(xs, length, slide, out));
    case.holds::<u64, _>(|xs, out| summed_with_inverse(xs, length, slide, out));
}

type Pair = (String, u64);

fn sums(case: &Case) {
    let (length, slide) = extent(case);
    case.holds::<Pair, _>(|pairs, out| summed_by_key(pairs, length, slide, out));
}

fn both_sums(case: &Case) {
    sums(case);
    let (length, slide) = extent(case);
    case.holds::<Pair, _>(|pairs, out| summed_by_key_with_inverse(pairs, length, slide, out));
}

fn groups(case: &Case) {
    let (length, slide) = extent(case);
    case.holds::<Pair, _>(|pairs, out| grouped(pairs, length, slide, out));
}

/// In Spark a key stays for ever, with what is left when all is subtracted.
fn key_is_gone(case: &Case) {
    let expected = json!([[["a", 1]], [["a", 2]], [["a", 1]], []]);
    sums_are(case, &expected);
}

/// In Spark the batch between two windows is added and never subtracted.
fn nothing_twice(case: &Case) {
    let rows = json!([[["k", 5]], [["k", 11]], [["k", 17]]]);
    let (length, slide) = extent(case);
    for inverse in [false, true] {
        case.answers::<u64, _>(&rows, |xs, out| match inverse {
            true => keyed_with_inverse(xs, length, slide, out),
            false => keyed(xs, length, slide, out),
        });
    }
}

stream!(
    fn keyed(xs: Stream<u64>, length: Duration, slide: Duration, out: Sink<(&str, u64)>) {
        xs.map(|x| ("k", x))
            .reduce_by_key_and_window(|a, b| a + b, length, slide)
            .to(out);
    }

    #[checkpoint]
    fn keyed_with_inverse(
        xs: Stream<u64>,
        length: Duration,
        slide: Duration,
        out: Sink<(&str, u64)>,
    ) {
        xs.map(|x| ("k", x))
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length, slide)
            .to(out);
    }
);

fn sums_are(case: &Case, expected: &Value) {
    let (length, slide) = extent(case);
    case.answers::<Pair, _>(expected, |pairs, out| {
        summed_by_key(pairs, length, slide, out)
    });
    case.answers::<Pair, _>(expected, |pairs, out| {
        summed_by_key_with_inverse(pairs, length, slide, out)
    });
}

/// In Spark nothing is put out before the first record.
fn zero_from_the_start(case: &Case) {
    let (length, slide) = extent(case);
    let expected = json!([[0], [0], [1], [3], [2], [0], [0]]);
    case.answers::<u64, _>(&expected, |xs, out| counted(xs, length, slide, out));
}

/// In Spark an empty window gives what is left when all is subtracted.
fn empty_window_is_empty(case: &Case) {
    let (length, slide) = extent(case);
    let expected = json!([[], [], [1], [6], [5], [], []]);
    case.answers::<u64, _>(&expected, |xs, out| summed(xs, length, slide, out));
    case.answers::<u64, _>(&expected, |xs, out| {
        summed_with_inverse(xs, length, slide, out)
    });
}

/// In Spark a queue is asked only for the batches that a window needs.
fn every_batch_is_taken(case: &Case) {
    let (length, slide) = extent(case);
    let expected = json!([[2, 3], [5, 6], [8, 9]]);
    case.answers::<u64, _>(&expected, |xs, out| windowed(xs, length, slide, out));
}

/// In Spark slices are asked for while the job runs, and before that it is an error; here a slice is
/// a part of the pipeline.
fn slice_from_the_start(case: &Case) {
    let times = &case.params["queries_ms"][0];
    let [from, to] = [0, 1].map(|end| {
        let ms = times[end].as_u64().expect("the case has a query");
        BatchTime::from_millis(ms)
    });
    let expected = json!([[1], [], [], []]);
    case.answers::<u64, _>(&expected, |xs, out| sliced(xs, from, to, out));
}
