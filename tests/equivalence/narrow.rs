//! Narrow pipelines: the order is kept, and batches may be cut anywhere.

use stream_runtime::prelude::*;

use crate::harness::{Any, Corpus, Invariant, Kept};
use crate::inputs::{Event, csv, events, lines, numbers, pairs, words};

stream!(
    fn as_it_is(words: Stream<&str>, out: Sink<&str>) {
        words.to(out);
    }

    fn lengths(words: Stream<&str>, out: Sink<usize>) {
        words.map(|word| word.len()).to(out);
    }

    fn upper_case(words: Stream<&str>, out: Sink<String>) {
        words.map(str::to_uppercase).to(out);
    }

    fn split(lines: Stream<&str>, out: Sink<&str>) {
        lines.flat_map(|line| line.split(' ')).to(out);
    }

    fn grep(lines: Stream<&str>, needle: &'static str, out: Sink<&str>) {
        lines.filter(|line| line.contains(needle)).to(out);
    }

    fn key_numbers(words: Stream<&str>, out: Sink<u64>) {
        words
            .filter_map(|word| word.strip_prefix("key")?.parse().ok())
            .to(out);
    }

    fn early_return(numbers: Stream<u64>, out: Sink<u64>) {
        numbers
            .filter_map(|number| {
                if number % 3 == 0 {
                    return None;
                }
                match number % 2 {
                    0 => Some(number / 2),
                    _ => Some(number * 3 + 1),
                }
            })
            .to(out);
    }

    fn inspected(words: Stream<&str>, seen: Accumulator<Count>, out: Sink<&str>) {
        words.inspect(|_| seen.increment()).to(out);
    }

    fn by_length(words: Stream<&str>, out: Sink<(usize, &str)>) {
        words.key_by(|word| word.len()).to(out);
    }

    fn by_first_byte(words: Stream<&str>, out: Sink<(Option<u8>, usize)>) {
        words
            .key_by(|word| word.bytes().next())
            .map_values(|word| word.len())
            .to(out);
    }

    fn values_squared(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.map_values(|value| value * value).to(out);
    }

    fn values_counted_up(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.flat_map_values(|value| 0..value % 4).to(out);
    }

    fn swapped(pairs: Stream<(&str, u64)>, out: Sink<(u64, &str)>) {
        pairs
            .filter(|(key, value)| key.len() as u64 != *value)
            .map(|(key, value)| (value, key))
            .to(out);
    }

    fn references(events: Stream<&Event>, out: Sink<&Event>) {
        events.filter(|event| event.amount > 0).to(out);
    }

    fn by_value(events: Stream<Event>, out: Sink<Event>) {
        events
            .map(|mut event| {
                event.amount = -event.amount;
                event
            })
            .to(out);
    }

    fn parts_of_references(events: Stream<&Event>, out: Sink<(&str, i64)>) {
        events
            .map(|event| (event.user.as_str(), event.amount))
            .to(out);
    }

    fn all_in_one_loop(lines: Stream<&str>, out: Sink<(usize, u64)>) {
        lines
            .filter(|line| !line.is_empty())
            .flat_map(|line| line.split(' '))
            .map(|word| word.trim())
            .filter_map(|word| (!word.is_empty()).then_some(word))
            .inspect(|_| {})
            .key_by(|word| word.len())
            .map_values(|word| word.chars().count() as u64)
            .flat_map_values(|chars| [chars, chars + 1])
            .filter(|(len, _)| len % 2 == 1)
            .sample(1.0)
            .to(out);
    }

    fn sample_all_and_none(words: Stream<&str>, out: Sink<&str>) {
        words.sample(1.0).union(words.sample(0.0)).to(out);
    }

    fn partition_by_partition(numbers: Stream<u64>, out: Sink<u64>) {
        numbers
            .filter(|number| number % 2 == 0)
            .map_partitions(|numbers| numbers.map(|number| number + 1))
            .to(out);
    }

    fn glommed(words: Stream<&str>, out: Sink<&str>) {
        words.glom().flat_map(|words| words).to(out);
    }

    fn persisted(words: Stream<&str>, out: Sink<(&str, usize)>) {
        let sized = words.map(|word| (word, word.len())).persist();
        sized.filter(|(_, len)| *len > 1).to(out);
    }

    fn into_one_partition(words: Stream<&str>, out: Sink<&str>) {
        words.repartition(1).to(out);
    }

    fn into_five_partitions(words: Stream<&str>, out: Sink<(&str, usize)>) {
        words.repartition(5).map(|word| (word, word.len())).to(out);
    }

    fn good_and_bad(lines: Stream<&str>, good: Sink<(&str, i64)>, bad: Sink<(&str, i64)>) {
        let (parsed, errors) = lines.try_map(|line| {
            let (name, amount) = line.split_once(',').ok_or(line)?;
            amount
                .parse::<i64>()
                .map(|amount| (name, amount))
                .map_err(|_| line)
        });
        parsed.to(good);
        errors.map(|line| (line, -1)).to(bad);
    }
);

fn parsed(line: &str) -> Option<(String, i64)> {
    let (name, amount) = line.split_once(',')?;
    Some((name.to_owned(), amount.parse().ok()?))
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.one((Kept, Invariant), words, as_it_is, <[_]>::to_vec);
    corpus.one((Kept, Invariant), words, lengths, |words| {
        words.iter().map(String::len).collect()
    });
    corpus.one((Kept, Invariant), words, upper_case, |words| {
        words.iter().map(|word| word.to_uppercase()).collect()
    });
    corpus.one((Kept, Invariant), lines, split, |lines| {
        let words = lines.iter().flat_map(|line| line.split(' '));
        words.map(str::to_owned).collect()
    });
    let needles = |lines, out| grep(lines, "本", out);
    corpus.one((Kept, Invariant), lines, needles, |lines| {
        lines
            .iter()
            .filter(|line| line.contains("本"))
            .cloned()
            .collect()
    });
    corpus.one((Kept, Invariant), words, key_numbers, |words| {
        let numbers = words.iter().filter_map(|word| word.strip_prefix("key"));
        numbers.map(|number| number.parse().unwrap()).collect()
    });
    corpus.one((Kept, Invariant), numbers, early_return, |numbers| {
        let kept = numbers.iter().filter(|&number| number % 3 != 0);
        kept.map(|number| {
            if number % 2 == 0 {
                number / 2
            } else {
                number * 3 + 1
            }
        })
        .collect()
    });
    let unseen = |words, out| inspected(words, Accumulator::named("seen"), out);
    corpus.one((Kept, Invariant), words, unseen, <[_]>::to_vec);
    corpus.one((Kept, Invariant), words, by_length, |words| {
        words
            .iter()
            .map(|word| (word.len(), word.clone()))
            .collect()
    });
    corpus.one((Kept, Invariant), words, by_first_byte, |words| {
        words
            .iter()
            .map(|word| (word.bytes().next(), word.len()))
            .collect()
    });
    corpus.one((Kept, Invariant), pairs, values_squared, |pairs| {
        pairs
            .iter()
            .map(|(key, value)| (key.clone(), value * value))
            .collect()
    });
    corpus.one((Kept, Invariant), pairs, values_counted_up, |pairs| {
        let rows = pairs
            .iter()
            .flat_map(|(key, value)| (0..value % 4).map(move |up| (key, up)));
        rows.map(|(key, up)| (key.clone(), up)).collect()
    });
    corpus.one((Kept, Invariant), pairs, swapped, |pairs| {
        let rows = pairs
            .iter()
            .filter(|(key, value)| key.len() as u64 != *value);
        rows.map(|(key, value)| (*value, key.clone())).collect()
    });
    corpus.one((Kept, Invariant), events, references, |events| {
        events
            .iter()
            .filter(|event| event.amount > 0)
            .cloned()
            .collect()
    });
    corpus.one((Kept, Invariant), events, by_value, |events| {
        events
            .iter()
            .map(|event| Event {
                amount: -event.amount,
                ..event.clone()
            })
            .collect()
    });
    corpus.one((Kept, Invariant), events, parts_of_references, |events| {
        events
            .iter()
            .map(|event| (event.user.clone(), event.amount))
            .collect()
    });
    corpus.one((Kept, Invariant), lines, all_in_one_loop, |lines| {
        let words = lines.iter().flat_map(|line| line.split(' ')).map(str::trim);
        let odd = words.filter(|word| word.len() % 2 == 1);
        let chars = odd.map(|word| (word.len(), word.chars().count() as u64));
        chars
            .flat_map(|(len, chars)| [(len, chars), (len, chars + 1)])
            .collect()
    });
    corpus.one((Kept, Invariant), words, sample_all_and_none, <[_]>::to_vec);
    corpus.one(
        (Kept, Invariant),
        numbers,
        partition_by_partition,
        |numbers| {
            numbers
                .iter()
                .filter(|&number| number % 2 == 0)
                .map(|number| number + 1)
                .collect()
        },
    );
    corpus.one((Kept, Invariant), words, glommed, <[_]>::to_vec);
    corpus.one((Kept, Invariant), words, persisted, |words| {
        let long = words.iter().filter(|word| word.len() > 1);
        long.map(|word| (word.clone(), word.len())).collect()
    });
    corpus.one((Kept, Invariant), words, into_one_partition, <[_]>::to_vec);
    corpus.one((Any, Invariant), words, into_five_partitions, |words| {
        words
            .iter()
            .map(|word| (word.clone(), word.len()))
            .collect()
    });
    corpus.two_sinks((Any, Invariant), csv, good_and_bad, |lines| {
        let (good, bad): (Vec<_>, Vec<_>) = lines.iter().partition(|line| parsed(line).is_some());
        let good = good.into_iter().filter_map(|line| parsed(line));
        (
            good.collect(),
            bad.into_iter().map(|line| (line.clone(), -1)).collect(),
        )
    });
}
