//! The cases of Spark's `JavaAPISuite`.

use serde_json::json;
use stream_runtime::prelude::*;

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("java.map", |case| case.holds::<String, _>(lengths)),
    ("java.filter", |case| case.holds::<String, _>(with_a)),
    ("java.glom", |case| case.holds::<String, _>(glommed)),
    ("java.map_partitions", |case| {
        case.holds::<String, _>(upper_case)
    }),
    ("java.reduce", |case| case.holds::<u64, _>(sum)),
    ("java.flat_map", |case| case.holds::<String, _>(characters)),
    ("java.foreach_rdd", foreach_rdd),
    ("java.flat_map_to_pair", |case| {
        case.holds::<String, _>(lengths_and_characters)
    }),
    ("java.pair_filter", |case| {
        case.holds::<String, _>(pairs_with_a)
    }),
    ("java.pair_swap", |case| {
        case.holds::<(String, u64), _>(swapped)
    }),
    ("java.pair_to_single", |case| {
        case.holds::<(String, u64), _>(values)
    }),
    ("java.pair_flat_map", |case| {
        case.holds::<(String, u64), _>(numbers_and_characters)
    }),
    ("java.reduce_by_key", |case| {
        case.holds::<(String, u64), _>(totals)
    }),
    ("java.combine_by_key", |case| {
        case.holds::<(String, u64), _>(combined)
    }),
    ("java.count_by_value", |case| {
        case.holds::<String, _>(counts)
    }),
    ("java.sort_by_key", |case| {
        case.holds::<(u64, u64), _>(by_key)
    }),
    ("java.flat_map_values", |case| {
        case.holds::<(String, String), _>(numbered_teams)
    }),
    ("java.cogroup", |case| {
        case.holds_for_two::<(String, String), (String, String), _>(teams)
    }),
];

stream!(
    fn lengths(words: Stream<&str>, out: Sink<usize>) {
        words.map(|word| word.len()).to(out);
    }

    fn with_a(words: Stream<&str>, out: Sink<&str>) {
        words.filter(|word| word.contains('a')).to(out);
    }

    fn glommed(words: Stream<&str>, out: Sink<Vec<&str>>) {
        words.glom().to(out);
    }

    fn upper_case(words: Stream<&str>, out: Sink<String>) {
        words
            .map_partitions(|words| [words.map(str::to_uppercase).collect::<String>()])
            .to(out);
    }

    fn characters(words: Stream<&str>, out: Sink<char>) {
        words.flat_map(|word| word.chars()).to(out);
    }

    fn counted(xs: Stream<u64>, batches: Accumulator<Count>, items: Accumulator<Sum<u64>>) {
        xs.for_each_batch(|batch, _| {
            batches.add(());
            items.add(batch.count());
        });
    }

    fn lengths_and_characters(words: Stream<&str>, out: Sink<(usize, char)>) {
        words
            .flat_map(|word| word.chars().map(|c| (word.len(), c)))
            .to(out);
    }

    fn pairs_with_a(words: Stream<&str>, out: Sink<(&str, usize)>) {
        words
            .map(|word| (word, word.len()))
            .filter(|(word, _)| word.contains('a'))
            .to(out);
    }

    fn swapped(pairs: Stream<(&str, u64)>, out: Sink<(u64, &str)>) {
        pairs.map(|(state, n)| (n, state)).to(out);
    }

    fn values(pairs: Stream<(&str, u64)>, out: Sink<u64>) {
        pairs.map(|(_, n)| n).to(out);
    }

    fn numbers_and_characters(pairs: Stream<(&str, u64)>, out: Sink<(u64, char)>) {
        pairs
            .flat_map(|(word, n)| word.chars().map(move |c| (n, c)))
            .to(out);
    }

    pub(crate) fn sum(xs: Stream<u64>, out: Sink<u64>) {
        xs.reduce(|a, b| a + b).to(out);
    }

    fn totals(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.reduce_by_key(|a, b| a + b).to(out);
    }

    fn combined(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .combine_by_key(|n| n, |sum, n| sum + n, |a, b| a + b)
            .to(out);
    }

    fn counts(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words.count_by_value().to(out);
    }

    fn by_key(pairs: Stream<(u64, u64)>, out: Sink<(u64, u64)>) {
        pairs
            .transform(|batch| batch.sort_by_key(|(key, _)| *key))
            .to(out);
    }

    fn numbered_teams(pairs: Stream<(&str, &str)>, out: Sink<(&str, String)>) {
        pairs
            .flat_map_values(|team| [format!("{team}1"), format!("{team}2")])
            .to(out);
    }

    fn teams(
        left: Stream<(&str, &str)>,
        right: Stream<(&str, &str)>,
        out: Sink<(&str, (Vec<&str>, Vec<&str>))>,
    ) {
        left.cogroup(right).to(out);
    }
);

fn foreach_rdd(case: &Case) {
    for run in case.runs() {
        let (batches, items) = (Accumulator::named("batches"), Accumulator::named("items"));
        run.printed(
            |xs| counted(xs, batches.clone(), items.clone()),
            case.rows::<u64>(),
        );
        let seen = json!({ "batches": batches.value(), "items": items.value() });
        assert_eq!(seen, case.expected, "{}", case.id);
    }
}
