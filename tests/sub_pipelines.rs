//! Sub-pipelines: each call has its own values, names mean what they mean in their own `fn`, and
//! sinks and several results go through.

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;
use stream_runtime::testing::{TestRun, run_batches, sorted};

stream!(
    /// The same sub-pipeline with two values, and a variable of the caller with the name of its
    /// parameter in between.
    fn two_values(xs: Stream<u64>, limit: u64, out: Sink<u64>) {
        let below = under(xs, limit);
        let close = below.filter(|x| *x + 2 >= limit);
        let tiny = under(xs, 2);
        close.union(tiny.map(|x| x + limit)).to(out);
    }

    fn under(xs: Stream<u64>, limit: u64) -> Stream<u64> {
        xs.filter(|x| *x < limit)
    }
);

#[test]
fn each_call_has_its_own_value_and_the_caller_keeps_its_own() {
    let run = TestRun::new().partitions(1);
    let rows = run.run(
        |xs, out| two_values(xs, 10, out),
        [(0..12).collect::<Vec<u64>>()],
    );
    assert_eq!(rows, [[8, 9, 10, 11]]);
}

stream!(
    fn swapped(xs: Stream<u64>, low: u64, high: u64, out: Sink<u64>) {
        outside(xs, high, low).to(out);
    }

    /// Called with its parameters' names the wrong way round.
    fn outside(xs: Stream<u64>, low: u64, high: u64) -> Stream<u64> {
        xs.filter(|x| *x >= low || *x < high)
    }
);

#[test]
fn an_argument_means_what_it_does_for_the_caller() {
    let rows = run_batches(
        |xs, out| swapped(xs, 2, 8, out),
        [(0..10).collect::<Vec<u64>>()],
    );
    assert_eq!(rows, [[0, 1, 8, 9]]);
}

stream!(
    fn nested(xs: Stream<u64>, out: Sink<u64>) {
        let n = 100;
        outer(xs, 1).map(|x| x + n).to(out);
    }

    fn outer(xs: Stream<u64>, n: u64) -> Stream<u64> {
        let inside = inner(xs, n + 1);
        inside.map(|x| x * 10 + n)
    }

    fn inner(xs: Stream<u64>, n: u64) -> Stream<u64> {
        let m = n * n;
        xs.map(|x| x + m)
    }
);

#[test]
fn variables_of_nested_calls_do_not_meet() {
    // x + 4, then times ten and one more, then a hundred more.
    assert_eq!(run_batches(nested, [[0, 1]]), [[141, 151]]);
}

stream!(
    /// The streams of the caller have the names of those inside.
    fn hidden_streams(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let longer = words.filter(|word| word.len() > 1);
        let all = counts(words);
        all.join(counts(longer))
            .map(|(word, (all, _))| (word, all))
            .to(out);
    }

    fn counts(words: Stream<&str>) -> Stream<(&str, u64)> {
        let longer: Stream<(&str, u64)> = words.map(|word| (word, 1));
        longer.reduce_by_key(|a, b| a + b)
    }
);

#[test]
fn streams_of_the_caller_may_have_the_same_names() {
    let rows = run_batches(hidden_streams, [["a", "bc", "bc", "def"]]);
    let rows = sorted(rows);
    assert_eq!(rows, [[("bc".to_owned(), 2), ("def".to_owned(), 1)]]);
}

stream!(
    fn parsed(lines: Stream<&str>, numbers: Sink<u64>, rest: Sink<String>) {
        good(lines, rest).to(numbers);
    }

    /// Errors go out at once, in a sink that has another name for the caller.
    fn good(lines: Stream<&str>, errors: Sink<String>) -> Stream<u64> {
        let (good, bad) = lines.try_map(|line| line.parse().map_err(|_| line.to_owned()));
        bad.to(errors);
        good
    }
);

#[test]
fn a_sink_is_passed_on() {
    let (rest, errors) = collect();
    let rows = run_batches(|lines, out| parsed(lines, out, rest), [["1", "x", "2"]]);
    assert_eq!(rows, [[1, 2]]);
    assert_eq!(errors.rows(), [["x"]]);
}

stream!(
    fn both_results(xs: Stream<i64>, out: Sink<(&str, i64)>) {
        let (below, above) = split(xs, 0);
        let named = below.map(|x| ("below", x));
        named.union(above.map(|x| ("above", x))).to(out);
    }

    fn split(xs: Stream<i64>, at: i64) -> (Stream<i64>, Stream<i64>) {
        (xs.filter(|x| *x < at), xs.filter(|x| *x >= at))
    }
);

#[test]
fn several_streams_may_come_out() {
    let run = TestRun::new().partitions(1);
    let rows = run.run(both_results, [[1, -2]]);
    let row = |word: &str, x| (word.to_owned(), x);
    assert_eq!(rows, [[row("below", -2), row("above", 1)]]);
}

stream!(
    fn generic(words: Stream<&str>, numbers: Stream<u64>, out: Sink<(String, u64)>) {
        let counts = counted(words).map(|(word, n)| (word.to_owned(), n));
        counts
            .union(counted(numbers).map(|(x, n)| (x.to_string(), n)))
            .to(out);
    }

    /// Types and bounds are those of the streams that it is called with.
    fn counted<T: Key>(records: Stream<T>) -> Stream<(T, u64)> {
        records.count_by_value()
    }
);

#[test]
fn a_sub_pipeline_may_be_generic() {
    let run = TestRun::new();
    let rows = run.run_two(generic, [["a", "a"]], [[7]]);
    assert_eq!(sorted(rows), [[("7".to_owned(), 1), ("a".to_owned(), 2)]]);
}

stream!(
    fn shared_values(
        lines: Stream<&str>,
        stop: Broadcast<Vec<String>>,
        met: Accumulator<Sum<u64>>,
        out: Sink<&str>,
    ) {
        let first = without(lines, stop, met);
        first.union(without(lines, stop, met)).to(out);
    }

    fn without(
        lines: Stream<&str>,
        words: Broadcast<Vec<String>>,
        seen: Accumulator<Sum<u64>>,
    ) -> Stream<&str> {
        const LONGEST: usize = 3;
        fn is_short(line: &str) -> bool {
            line.len() <= LONGEST
        }
        lines
            .filter(|line| is_short(line))
            .inspect(|_| seen.add(1))
            .filter(|line| words.iter().all(|word| word != line))
    }
);

#[test]
fn broadcasts_accumulators_and_items_work_inside() {
    let met = Accumulator::named("met");
    let seen = met.clone();
    let stop = Broadcast::new(vec!["the".to_owned()]);
    let rows = run_batches(
        |lines, out| shared_values(lines, stop, seen, out),
        [["the", "cat", "slept"]],
    );
    assert_eq!(rows, [["cat", "cat"]]);
    assert_eq!(met.value(), 4);
}
