//! What needs all records of a batch: in one partition, or each record once.

use std::cmp::Reverse;

use stream_runtime::prelude::*;

use crate::harness::{Again, Any, Corpus, Kept, PerBatch};
use crate::inputs::{numbers, pairs, words};
use crate::reference::{counted, distinct, summed};

stream!(
    fn how_many(words: Stream<&str>, out: Sink<u64>) {
        words.count().to(out);
    }

    fn how_many_distinct(words: Stream<&str>, out: Sink<u64>) {
        words.distinct().count().to(out);
    }

    fn largest(numbers: Stream<u64>, out: Sink<u64>) {
        numbers.reduce(Ord::max).to(out);
    }

    fn last_word(words: Stream<&str>, out: Sink<&str>) {
        words.reduce(|a, b| if a < b { b } else { a }).to(out);
    }

    fn total(numbers: Stream<u64>, out: Sink<u64>) {
        numbers
            .filter(|number| number % 2 == 1)
            .fold(0, |a, b| a + b)
            .to(out);
    }

    fn sum_and_count(numbers: Stream<u64>, out: Sink<(u64, u64)>) {
        numbers
            .map(|number| (number, 1))
            .fold((0, 0), |(sum, n), (more, m)| (sum + more, n + m))
            .to(out);
    }

    fn totals_of_partitions(numbers: Stream<u64>, out: Sink<u64>) {
        numbers
            .map_partitions(|numbers| [numbers.sum::<u64>()])
            .fold(0, |a, b| a + b)
            .to(out);
    }

    fn first_three(words: Stream<&str>, out: Sink<&str>) {
        words.filter(|word| !word.is_empty()).take(3).to(out);
    }

    fn ten_greatest(pairs: Stream<(&str, u64)>, out: Sink<(u64, &str)>) {
        pairs.map(|(key, value)| (value, key)).top_k(10).to(out);
    }

    fn five_least(numbers: Stream<u64>, out: Sink<u64>) {
        numbers
            .map(Reverse)
            .top_k(5)
            .map(|Reverse(number)| number)
            .to(out);
    }

    fn sorted_by_value(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.sort_by(|(_, a), (_, b)| b.cmp(a)).to(out);
    }

    fn sorted_and_taken(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .sort_by(Ord::cmp)
            .take(20)
            .map_values(|value| value + 1)
            .to(out);
    }

    fn vocabulary(words: Stream<&str>, out: Sink<&str>) {
        words.distinct().to(out);
    }

    fn distinct_pairs(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.map_values(|value| value % 5).distinct().to(out);
    }

    fn occurrences(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words.count_by_value().to(out);
    }

    fn most_frequent(words: Stream<&str>, out: Sink<(u64, &str)>) {
        words
            .count_by_value()
            .map(|(word, count)| (count, word))
            .top_k(5)
            .to(out);
    }

    fn sorted_after_a_shuffle(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .reduce_by_key(|a, b| a + b)
            .sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)))
            .take(7)
            .to(out);
    }

    fn how_often_how_often(words: Stream<&str>, out: Sink<(u64, u64)>) {
        words
            .count_by_value()
            .map(|(_, count)| count)
            .count_by_value()
            .sort_by(Ord::cmp)
            .to(out);
    }
);

fn sum(counts: Vec<u64>) -> Vec<u64> {
    vec![counts.iter().sum()]
}

fn greatest<T: Ord>(mut records: Vec<T>, k: usize) -> Vec<T> {
    records.sort_by(|a, b| b.cmp(a));
    records.truncate(k);
    records
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.one((Kept, Again(sum)), words, how_many, |words| {
        vec![words.len() as u64]
    });
    corpus.one((Kept, PerBatch), words, how_many_distinct, |words| {
        vec![distinct(words).len() as u64]
    });
    let max = |all: Vec<u64>| all.into_iter().max().into_iter().collect();
    corpus.one((Kept, Again(max)), numbers, largest, |numbers| {
        numbers.iter().copied().max().into_iter().collect()
    });
    let max = |all: Vec<String>| all.into_iter().max().into_iter().collect();
    corpus.one((Kept, Again(max)), words, last_word, |words| {
        words.iter().max().cloned().into_iter().collect()
    });
    corpus.one((Kept, Again(sum)), numbers, total, |numbers| {
        vec![numbers.iter().filter(|&number| number % 2 == 1).sum()]
    });
    let sums = |all: Vec<(u64, u64)>| {
        vec![
            all.into_iter()
                .fold((0, 0), |(sum, n), (more, m)| (sum + more, n + m)),
        ]
    };
    corpus.one((Kept, Again(sums)), numbers, sum_and_count, |numbers| {
        vec![(numbers.iter().sum(), numbers.len() as u64)]
    });
    corpus.one(
        (Kept, Again(sum)),
        numbers,
        totals_of_partitions,
        |numbers| vec![numbers.iter().sum()],
    );
    let three = |words: Vec<String>| words.into_iter().take(3).collect();
    corpus.one((Kept, Again(three)), words, first_three, |words| {
        words
            .iter()
            .filter(|word| !word.is_empty())
            .take(3)
            .cloned()
            .collect()
    });
    corpus.one(
        (Kept, Again(|all| greatest(all, 10))),
        pairs,
        ten_greatest,
        |pairs| {
            let swapped = pairs.iter().map(|(key, value)| (*value, key.clone()));
            greatest(swapped.collect(), 10)
        },
    );
    corpus.one((Kept, PerBatch), numbers, five_least, |numbers| {
        let mut numbers = numbers.to_vec();
        numbers.sort();
        numbers.truncate(5);
        numbers
    });
    corpus.one((Kept, PerBatch), pairs, sorted_by_value, |pairs| {
        let mut pairs = pairs.to_vec();
        pairs.sort_by_key(|(_, value)| Reverse(*value));
        pairs
    });
    corpus.one((Kept, PerBatch), pairs, sorted_and_taken, |pairs| {
        let mut pairs = pairs.to_vec();
        pairs.sort();
        let first = pairs.into_iter().take(20);
        first.map(|(key, value)| (key, value + 1)).collect()
    });
    corpus.one((Any, Again(distinct)), words, vocabulary, |words| {
        distinct(words.to_vec())
    });
    corpus.one((Any, Again(distinct)), pairs, distinct_pairs, |pairs| {
        distinct(pairs.iter().map(|(key, value)| (key.clone(), value % 5)))
    });
    corpus.one((Any, Again(summed)), words, occurrences, |words| {
        counted(words.to_vec())
    });
    corpus.one((Kept, PerBatch), words, most_frequent, |words| {
        let counts = counted(words.to_vec()).into_iter();
        greatest(counts.map(|(word, count)| (count, word)).collect(), 5)
    });
    corpus.one((Kept, PerBatch), pairs, sorted_after_a_shuffle, |pairs| {
        let mut sums = summed(pairs.to_vec());
        sums.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        sums.truncate(7);
        sums
    });
    corpus.one((Kept, PerBatch), words, how_often_how_often, |words| {
        counted(counted(words.to_vec()).into_iter().map(|(_, count)| count))
    });
}
