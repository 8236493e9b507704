//! Pipelines that are more than a chain: streams used twice, unions, sub-pipelines, several sinks,
//! and whole batches in the middle.

use stream_runtime::prelude::*;

use crate::harness::{Again, Any, Corpus, Invariant, Kept, PerBatch, sunk};
use crate::inputs::{Random, Shape, csv, lines, numbers, pairs, words};
use crate::reference::{counted, grouped, joined, summed};

stream!(
    fn long_words(lines: Stream<&str>, len: usize) -> Stream<&str> {
        lines
            .flat_map(|line| line.split_whitespace())
            .filter(|word| word.len() > len)
    }

    fn bare_words(lines: Stream<&str>) -> Stream<&str> {
        lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| word.trim_end_matches('5'))
    }

    fn sub_pipeline(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        long_words(lines, 3).count_by_value().to(out);
    }

    fn sub_pipeline_twice(lines: Stream<&str>, out: Sink<&str>) {
        let long = lines.filter(|line| line.len() > 9);
        bare_words(lines).union(bare_words(long)).to(out);
    }

    fn union_with_itself(words: Stream<&str>, out: Sink<&str>) {
        let full = words.filter(|word| !word.is_empty());
        full.union(full).to(out);
    }

    fn three_branches(numbers: Stream<u64>, out: Sink<u64>) {
        let odd = numbers.filter(|number| number % 2 == 1);
        odd.union(
            odd.map(|number| number + 1),
            numbers.map(|number| number / 2),
        )
        .to(out);
    }

    fn union_of_shuffled_and_not(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let sums = pairs.reduce_by_key(|a, b| a + b);
        sums.union(pairs).to(out);
    }

    fn union_summed(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let sums = pairs.reduce_by_key(|a, b| a + b);
        sums.union(more).reduce_by_key(|a, b| a + b).to(out);
    }

    fn three_inputs(a: Stream<u64>, b: Stream<u64>, c: Stream<u64>, out: Sink<u64>) {
        a.union(b.filter(|x| x % 2 == 0), c.map(|x| x + 1)).to(out);
    }

    fn joined_with_itself(pairs: Stream<(&str, u64)>, out: Sink<(&str, (u64, u64))>) {
        let sums = pairs.reduce_by_key(|a, b| a + b);
        sums.join(sums).to(out);
    }

    fn joined_with_a_part_of_itself(pairs: Stream<(&str, u64)>, out: Sink<(&str, (u64, u64))>) {
        pairs.join(pairs.filter(|(_, value)| *value == 3)).to(out);
    }

    fn shares(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let sums = pairs.reduce_by_key(|a, b| a + b);
        let counts = pairs.map_values(|_| 1).reduce_by_key(|a, b| a + b);
        sums.join(counts)
            .map_values(|(sum, count)| sum / count)
            .to(out);
    }

    fn two_outputs(lines: Stream<&str>, counts: Sink<(&str, u64)>, frequent: Sink<(&str, u64)>) {
        let counted = long_words(lines, 0).count_by_value();
        counted.to(counts);
        counted
            .filter(|(_, count)| *count > 2)
            .map_values(|count| count * 2)
            .to(frequent);
    }

    fn outputs_of_two_stages(
        pairs: Stream<(&str, u64)>,
        all: Sink<(&str, u64)>,
        sums: Sink<(&str, u64)>,
    ) {
        pairs.to(all);
        pairs.reduce_by_key(|a, b| a + b).to(sums);
    }

    fn errors_counted(lines: Stream<&str>, sums: Sink<(&str, u64)>, errors: Sink<(&str, u64)>) {
        let (good, bad) = lines.try_map(|line| {
            let (name, amount) = line.split_once(',').ok_or("no comma")?;
            amount
                .parse::<u64>()
                .map(|amount| (name, amount))
                .map_err(|_| "no number")
        });
        good.reduce_by_key(|a, b| a + b).to(sums);
        bad.count_by_value().to(errors);
    }

    fn both_sides_together(lines: Stream<&str>, out: Sink<usize>) {
        let (good, bad) = lines.try_map(|line| line.split_once(',').ok_or(line));
        good.map(|(name, _)| name.len())
            .union(bad.map(|line| line.len() + 100))
            .to(out);
    }

    fn batch_in_the_middle(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .filter(|word| !word.is_empty())
            .transform(|batch| batch.map(|word| (word, word.len() as u64)))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn batch_sorted(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .reduce_by_key(|a, b| a + b)
            .transform(|batch| batch.sort_by_key(|(key, _)| *key))
            .filter(|(_, sum)| sum % 2 == 0)
            .to(out);
    }

    fn keys_with_a_sum_of_ten(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let sums = pairs.reduce_by_key(|a, b| a + b);
        let few = sums.filter(|(_, sum)| *sum < 10);
        pairs
            .transform_with(few, |pairs, few| {
                let few: std::collections::BTreeMap<_, _> = few.collect().into_iter().collect();
                pairs.filter(|(key, _)| !few.contains_key(key))
            })
            .to(out);
    }

    fn dealt_in_the_middle(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        long_words(lines, 0)
            .repartition(5)
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .repartition(2)
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn persisted_and_used_twice(words: Stream<&str>, out: Sink<(usize, u64)>) {
        let lengths = words.map(|word| word.len()).persist();
        let counts = lengths.count_by_value();
        counts
            .union(lengths.distinct().map(|len| (len, 0)))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn sampled_twice_alike(numbers: Stream<u64>, out: Sink<bool>) {
        numbers
            .sample(0.5)
            .transform_with(numbers.sample(0.5), |first, second| {
                let alike = first.iter().eq(second.iter());
                Batch::of(first.time(), [alike])
            })
            .to(out);
    }

    fn ranks(words: Stream<&str>, out: Sink<(&str, (u64, u64))>) {
        let counts = words.count_by_value();
        let best = counts.map(|(word, count)| (count, word)).top_k(3);
        let total = counts.map(|(_, count)| count).fold(0, |a, b| a + b);
        best.map(|(count, word)| (0u8, (word, count)))
            .join(total.map(|total| (0u8, total)))
            .map(|(_, ((word, count), total))| (word, (count, total)))
            .to(out);
    }
);

fn longer_than(lines: &[String], len: usize) -> Vec<String> {
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    words
        .filter(|word| word.len() > len)
        .map(str::to_owned)
        .collect()
}

type Pairs = Vec<(String, u64)>;

fn parsed(line: &str) -> Result<(String, u64), String> {
    let (name, amount) = line.split_once(',').ok_or("no comma")?;
    let amount = amount.parse().map_err(|_| "no number")?;
    Ok((name.to_owned(), amount))
}

fn add_unions(corpus: &mut Corpus) {
    corpus.one((Any, Again(summed)), lines, sub_pipeline, |lines| {
        counted(longer_than(lines, 3))
    });
    corpus.one((Any, Invariant), lines, sub_pipeline_twice, |lines| {
        let long = lines.iter().filter(|line| line.len() > 9);
        let words = lines
            .iter()
            .chain(long)
            .flat_map(|line| line.split_whitespace());
        words
            .map(|word| word.trim_end_matches('5').to_owned())
            .collect()
    });
    corpus.one((Kept, PerBatch), words, union_with_itself, |words| {
        let words: Vec<_> = words
            .iter()
            .filter(|word| !word.is_empty())
            .cloned()
            .collect();
        [words.clone(), words].concat()
    });
    corpus.one((Kept, PerBatch), numbers, three_branches, |numbers| {
        let odd = || numbers.iter().copied().filter(|number| number % 2 == 1);
        let halves = numbers.iter().map(|number| number / 2);
        odd()
            .chain(odd().map(|number| number + 1))
            .chain(halves)
            .collect()
    });
    corpus.one((Any, PerBatch), pairs, union_of_shuffled_and_not, |pairs| {
        [summed(pairs.to_vec()), pairs.to_vec()].concat()
    });
    let two = (pairs as _, pairs as _);
    corpus.two((Any, Again(summed)), two, union_summed, |pairs, more| {
        summed([pairs, more].concat())
    });
    type Three = ((Vec<u64>, Vec<u64>), Vec<u64>);
    let make = |random: &mut Random, shape: Shape, len| {
        let mut made = |len| numbers(random, shape, len);
        ((made(len), made(len / 2)), made(7))
    };
    let build = |batches: Vec<Three>| {
        let (ab, c): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        let (a, b): (Vec<_>, Vec<_>) = ab.into_iter().unzip();
        sunk(|out| three_inputs(queue(a), queue(b), queue(c), out))
    };
    corpus.add((Any, Invariant), make, build, |((a, b), c)| {
        let even = b.iter().copied().filter(|x| x % 2 == 0);
        a.iter()
            .copied()
            .chain(even)
            .chain(c.iter().map(|x| x + 1))
            .collect()
    });
}

fn add_diamonds(corpus: &mut Corpus) {
    corpus.one((Any, PerBatch), pairs, joined_with_itself, |pairs| {
        let sums = summed(pairs.to_vec()).into_iter();
        sums.map(|(key, sum)| (key, (sum, sum))).collect()
    });
    corpus.one(
        (Any, PerBatch),
        pairs,
        joined_with_a_part_of_itself,
        |pairs| {
            let threes: Pairs = pairs
                .iter()
                .filter(|(_, value)| *value == 3)
                .cloned()
                .collect();
            joined(pairs, &threes)
        },
    );
    corpus.one((Any, PerBatch), pairs, shares, |pairs| {
        let groups = grouped(pairs.to_vec()).into_iter();
        groups
            .map(|(key, values)| (key, values.iter().sum::<u64>() / values.len() as u64))
            .collect()
    });
    corpus.one((Any, PerBatch), pairs, keys_with_a_sum_of_ten, |pairs| {
        let groups = grouped(pairs.to_vec());
        let many = |key: &String| groups[key].iter().sum::<u64>() >= 10;
        pairs.iter().filter(|(key, _)| many(key)).cloned().collect()
    });
    corpus.one(
        (Any, Again(summed)),
        words,
        persisted_and_used_twice,
        |words| counted(words.iter().map(String::len)),
    );
    corpus.one((Kept, PerBatch), numbers, sampled_twice_alike, |_| {
        vec![true]
    });
    corpus.one((Any, PerBatch), words, ranks, |words| {
        let counts = counted(words.to_vec()).into_iter();
        let mut counts: Vec<_> = counts.map(|(word, count)| (count, word)).collect();
        counts.sort_by(|a, b| b.cmp(a));
        let total = words.len() as u64;
        let best = counts.into_iter().take(3);
        best.map(|(count, word)| (word, (count, total))).collect()
    });
}

fn add_sinks(corpus: &mut Corpus) {
    corpus.two_sinks((Any, PerBatch), lines, two_outputs, |lines| {
        let counts = counted(longer_than(lines, 0));
        let frequent = counts.iter().filter(|(_, count)| *count > 2);
        let frequent = frequent
            .map(|(word, count)| (word.clone(), count * 2))
            .collect();
        (counts, frequent)
    });
    corpus.two_sinks((Any, PerBatch), pairs, outputs_of_two_stages, |pairs| {
        (pairs.to_vec(), summed(pairs.to_vec()))
    });
    corpus.two_sinks((Any, PerBatch), csv, errors_counted, |lines| {
        let results = || lines.iter().map(|line| parsed(line));
        (
            summed(results().filter_map(Result::ok)),
            counted(results().filter_map(Result::err)),
        )
    });
    corpus.one((Any, Invariant), csv, both_sides_together, |lines| {
        let len = |line: &String| match line.split_once(',') {
            Some((name, _)) => name.len(),
            None => line.len() + 100,
        };
        lines.iter().map(len).collect()
    });
}

fn add_batches(corpus: &mut Corpus) {
    corpus.one((Any, Again(summed)), words, batch_in_the_middle, |words| {
        let words = words.iter().filter(|word| !word.is_empty());
        summed(words.map(|word| (word.clone(), word.len() as u64)))
    });
    corpus.one((Kept, PerBatch), pairs, batch_sorted, |pairs| {
        summed(pairs.to_vec())
            .into_iter()
            .filter(|(_, sum)| sum % 2 == 0)
            .collect()
    });
    corpus.one((Any, Again(summed)), lines, dealt_in_the_middle, |lines| {
        counted(longer_than(lines, 0))
    });
}

pub(crate) fn add(corpus: &mut Corpus) {
    add_unions(corpus);
    add_diamonds(corpus);
    add_sinks(corpus);
    add_batches(corpus);
}
