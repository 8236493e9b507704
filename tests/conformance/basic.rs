//! The cases of Spark's `BasicOperationsSuite`.

use stream_runtime::prelude::*;

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("basic.map_partitions", |case| case.holds::<u64, _>(sums)),
    ("basic.repartition_more", repartition_more),
    ("basic.group_by_key", |case| case.holds::<String, _>(groups)),
    ("basic.count", |case| case.holds::<u64, _>(count)),
    ("basic.map_values", |case| case.holds::<String, _>(ten_more)),
    ("basic.union", |case| case.holds::<u64, _>(two_of_each)),
    ("basic.context_union", |case| {
        case.holds::<u64, _>(three_of_each)
    }),
    ("basic.transform", |case| case.holds::<u64, _>(as_text)),
    ("basic.transform_with", |case| {
        case.holds_for_two::<String, String, _>(with_join)
    }),
    ("basic.join", |case| {
        case.holds_for_two::<String, String, _>(joined)
    }),
    ("basic.left_outer_join", |case| {
        case.holds_for_two::<String, String, _>(left_outer)
    }),
    ("basic.right_outer_join", |case| {
        case.holds_for_two::<String, String, _>(right_outer)
    }),
    ("basic.full_outer_join", |case| {
        case.holds_for_two::<String, String, _>(full_outer)
    }),
];

stream!(
    fn sums(xs: Stream<u64>, out: Sink<u64>) {
        xs.map_partitions(|records| [records.sum::<u64>()]).to(out);
    }

    fn groups(words: Stream<&str>, out: Sink<(&str, Vec<u64>)>) {
        words.map(|word| (word, 1)).group_by_key().to(out);
    }

    fn count(xs: Stream<u64>, out: Sink<u64>) {
        xs.count().to(out);
    }

    fn ten_more(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let counts = words.map(|word| (word, 1)).reduce_by_key(|a, b| a + b);
        counts.map_values(|count| count + 10).to(out);
    }

    pub(crate) fn two_of_each(xs: Stream<u64>, out: Sink<u64>) {
        xs.union(xs.map(|x| x + 4)).to(out);
    }

    fn three_of_each(xs: Stream<u64>, out: Sink<u64>) {
        xs.union(xs.map(|x| x + 4), xs.map(|x| x + 8)).to(out);
    }

    fn as_text(xs: Stream<u64>, out: Sink<String>) {
        xs.transform(|batch| batch.map(|x| x.to_string())).to(out);
    }

    fn with_join(left: Stream<&str>, right: Stream<&str>, out: Sink<(&str, (u64, &str))>) {
        let left_pairs = left.map(|word| (word, 1));
        let right_pairs = right.map(|word| (word, "x"));
        left_pairs
            .transform_with(right_pairs, |a, b| a.join(b))
            .to(out);
    }

    fn joined(left: Stream<&str>, right: Stream<&str>, out: Sink<(&str, (u64, &str))>) {
        left.map(|word| (word, 1))
            .join(right.map(|word| (word, "x")))
            .to(out);
    }

    fn left_outer(left: Stream<&str>, right: Stream<&str>, out: Sink<(&str, (u64, Option<&str>))>) {
        left.map(|word| (word, 1))
            .left_outer_join(right.map(|word| (word, "x")))
            .to(out);
    }

    fn right_outer(
        left: Stream<&str>,
        right: Stream<&str>,
        out: Sink<(&str, (Option<u64>, &str))>,
    ) {
        left.map(|word| (word, 1))
            .right_outer_join(right.map(|word| (word, "x")))
            .to(out);
    }

    fn full_outer(
        left: Stream<&str>,
        right: Stream<&str>,
        out: Sink<(&str, (Option<u64>, Option<&str>))>,
    ) {
        left.map(|word| (word, 1))
            .full_outer_join(right.map(|word| (word, "x")))
            .to(out);
    }

    fn repartitioned(xs: Stream<u64>, n: usize, out: Sink<u64>) {
        xs.repartition(n).to(out);
    }

    fn partitions(xs: Stream<u64>, n: usize, out: Sink<usize>) {
        xs.repartition(n)
            .map_partitions(|records| [records.count()])
            .to(out);
    }
);

fn repartition_more(case: &Case) {
    let n = case.params["n"].as_u64().expect("a number of partitions") as usize;
    case.holds::<u64, _>(|xs, out| repartitioned(xs, n, out));
    for run in case.runs() {
        for sizes in run.run(|xs, out| partitions(xs, n, out), case.rows::<u64>()) {
            assert_eq!(Some(sizes.len()), case.expected_partition_count);
        }
    }
}
