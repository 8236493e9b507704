//! Keyed pipelines with one input: keys of all kinds, combined and gathered, once and twice.

use stream_runtime::prelude::*;

use crate::harness::{Again, Any, Corpus, PerBatch};
use crate::inputs::{Event, Page, PageRef, csv, events, lines, numbers, pairs, words};
use crate::reference::{counted, distinct, grouped, reduced, summed};

stream!(
    fn word_count(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.reduce_by_key(|a, b| a + b).to(out);
    }

    fn sums_of_owned_keys(words: Stream<String>, out: Sink<(String, u64)>) {
        words
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn sums_by_remainder(numbers: Stream<u64>, out: Sink<(u64, u64)>) {
        numbers
            .map(|number| (number % 1000, number))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn at_least(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.fold_by_key(0, Ord::max).to(out);
    }

    fn sums_and_counts(pairs: Stream<(&str, u64)>, out: Sink<(&str, (u64, u64))>) {
        pairs
            .combine_by_key(
                |value| (value, 1),
                |(sum, n), value| (sum + value, n + 1),
                |(sum, n), (more, m)| (sum + more, n + m),
            )
            .to(out);
    }

    fn groups(pairs: Stream<(&str, u64)>, out: Sink<(&str, Vec<u64>)>) {
        pairs.group_by_key().to(out);
    }

    fn groups_opened_again(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .group_by_key()
            .flat_map_values(|values| values)
            .to(out);
    }

    fn sums_of_groups(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .group_by_key()
            .flat_map_values(|values| values.into_iter().skip(1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn words_of_a_length(words: Stream<&str>, out: Sink<(usize, Vec<&str>)>) {
        words.key_by(|word| word.len()).group_by_key().to(out);
    }

    fn reduced_twice(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .reduce_by_key(|a, b| a + b)
            .filter(|(_, sum)| sum % 2 == 0)
            .map_values(|sum| sum + 1)
            .inspect(|_| {})
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn rekeyed(words: Stream<&str>, out: Sink<(u64, Vec<usize>)>) {
        words
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .map(|(word, count)| (count, word.len()))
            .group_by_key()
            .map_values(|mut lengths| {
                lengths.sort();
                lengths
            })
            .to(out);
    }

    fn distinct_and_counted(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .distinct()
            .map(|(key, _)| (key, 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn keys_in_pairs(pairs: Stream<(&str, u64)>, out: Sink<((&str, bool), u64)>) {
        pairs
            .map(|(key, value)| ((key, value % 2 == 0), value))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn optional_keys(words: Stream<&str>, out: Sink<(Option<char>, u64)>) {
        words
            .map(|word| (word.chars().next(), 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn pages_by_value(events: Stream<Event>, out: Sink<(Page, i64)>) {
        events
            .map(|event| (event.page, event.amount))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn pages_borrowed(events: Stream<&Event>, out: Sink<(String, i64)>) {
        events
            .map(|event| {
                let Page { site, number } = &event.page;
                (
                    PageRef {
                        site,
                        number: *number,
                    },
                    event.amount,
                )
            })
            .reduce_by_key(|a, b| a + b)
            .map(|(page, sum)| (format!("{}/{}", page.site, page.number), sum))
            .to(out);
    }

    fn users_of_events(events: Stream<&Event>, out: Sink<(&str, i64)>) {
        events
            .filter(|event| event.amount != 0)
            .map(|event| (event.user.as_str(), event.amount))
            .reduce_by_key(|a, b| a.max(b))
            .to(out);
    }

    fn parsed_and_summed(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        lines
            .filter_map(|line| {
                let (name, amount) = line.split_once(',')?;
                Some((name, amount.parse::<u64>().ok()?))
            })
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn values_that_borrow(words: Stream<&str>, out: Sink<(usize, &str)>) {
        words
            .key_by(|word| word.len())
            .reduce_by_key(Ord::max)
            .to(out);
    }

    fn values_of_their_own(words: Stream<&str>, out: Sink<(usize, String)>) {
        words
            .map(|word| (word.len(), word.to_owned()))
            .reduce_by_key(|a, b| a.max(b))
            .to(out);
    }
);

type Sums = Vec<(String, u64)>;

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.one((Any, Again(summed)), lines, word_count, |lines| {
        let words = lines.iter().flat_map(|line| line.split_whitespace());
        counted(words.map(str::to_owned))
    });
    corpus.one((Any, Again(summed)), pairs, sums, |pairs| {
        summed(pairs.to_vec())
    });
    corpus.one((Any, Again(summed)), words, sums_of_owned_keys, |words| {
        counted(words.to_vec())
    });
    corpus.one(
        (Any, Again(summed)),
        numbers,
        sums_by_remainder,
        |numbers| summed(numbers.iter().map(|number| (number % 1000, *number))),
    );
    let max = |all: Sums| reduced(all, Ord::max);
    corpus.one((Any, Again(max)), pairs, at_least, move |pairs| {
        max(pairs.to_vec())
    });
    corpus.one((Any, PerBatch), pairs, sums_and_counts, |pairs| {
        let groups = grouped(pairs.to_vec()).into_iter();
        groups
            .map(|(key, values)| (key, (values.iter().sum(), values.len() as u64)))
            .collect()
    });
    let regrouped = |all: Vec<(String, Vec<u64>)>| {
        let groups = grouped(all).into_iter();
        groups.map(|(key, groups)| (key, groups.concat())).collect()
    };
    corpus.one((Any, Again(regrouped)), pairs, groups, |pairs| {
        grouped(pairs.to_vec()).into_iter().collect()
    });
    corpus.one((Any, PerBatch), pairs, groups_opened_again, <[_]>::to_vec);
    corpus.one((Any, PerBatch), pairs, sums_of_groups, |pairs| {
        let groups = grouped(pairs.to_vec())
            .into_iter()
            .filter(|(_, values)| values.len() > 1);
        groups
            .map(|(key, values)| (key, values[1..].iter().sum()))
            .collect()
    });
    corpus.one((Any, PerBatch), words, words_of_a_length, |words| {
        grouped(words.iter().map(|word| (word.len(), word.clone())))
            .into_iter()
            .collect()
    });
    corpus.one((Any, PerBatch), pairs, reduced_twice, |pairs| {
        let even = summed(pairs.to_vec())
            .into_iter()
            .filter(|(_, sum)| sum % 2 == 0);
        even.map(|(key, sum)| (key, sum + 1)).collect()
    });
    corpus.one((Any, PerBatch), words, rekeyed, |words| {
        let counts = counted(words.to_vec()).into_iter();
        let mut groups = grouped(counts.map(|(word, count)| (count, word.len())));
        groups.values_mut().for_each(|lengths| lengths.sort());
        groups.into_iter().collect()
    });
    corpus.one((Any, PerBatch), pairs, distinct_and_counted, |pairs| {
        counted(distinct(pairs.to_vec()).into_iter().map(|(key, _)| key))
    });
    corpus.one((Any, Again(summed)), pairs, keys_in_pairs, |pairs| {
        summed(
            pairs
                .iter()
                .map(|(key, value)| ((key.clone(), value % 2 == 0), *value)),
        )
    });
    corpus.one((Any, Again(summed)), words, optional_keys, |words| {
        counted(words.iter().map(|word| word.chars().next()))
    });
    let sum = |all: Vec<(Page, i64)>| reduced(all, |a, b| a + b);
    corpus.one((Any, Again(sum)), events, pages_by_value, move |events| {
        sum(events
            .iter()
            .map(|event| (event.page.clone(), event.amount))
            .collect())
    });
    let sum = |all: Vec<(String, i64)>| reduced(all, |a, b| a + b);
    corpus.one((Any, Again(sum)), events, pages_borrowed, move |events| {
        let pages = events.iter().map(|event| (&event.page, event.amount));
        sum(pages
            .map(|(page, amount)| (format!("{}/{}", page.site, page.number), amount))
            .collect())
    });
    let max = |all: Vec<(String, i64)>| reduced(all, Ord::max);
    corpus.one((Any, Again(max)), events, users_of_events, move |events| {
        let active = events.iter().filter(|event| event.amount != 0);
        max(active
            .map(|event| (event.user.clone(), event.amount))
            .collect())
    });
    corpus.one((Any, Again(summed)), csv, parsed_and_summed, |lines| {
        let fields = lines.iter().filter_map(|line| line.split_once(','));
        let amounts = fields.filter_map(|(name, amount)| Some((name, amount.parse().ok()?)));
        summed(amounts.map(|(name, amount)| (name.to_owned(), amount)))
    });
    let last = |all: Vec<(usize, String)>| reduced(all, Ord::max);
    let by_length = move |words: &[String]| {
        last(
            words
                .iter()
                .map(|word| (word.len(), word.clone()))
                .collect(),
        )
    };
    corpus.one((Any, Again(last)), words, values_that_borrow, by_length);
    corpus.one((Any, Again(last)), words, values_of_their_own, by_length);
}
