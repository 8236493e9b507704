//! Pipelines with two and three inputs, matched by key.

use stream_runtime::prelude::*;

use crate::harness::{Any, Corpus, PerBatch, sunk};
use crate::inputs::{Random, Shape, events, pairs, words};
use crate::reference::{cogrouped, counted, fully_joined, joined, summed};

type Groups = (Vec<u64>, Vec<u64>);

stream!(
    fn inner(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<(&str, (u64, u64))>) {
        pairs.join(more).to(out);
    }

    fn left_outer(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (u64, Option<u64>))>,
    ) {
        pairs.left_outer_join(more).to(out);
    }

    fn right_outer(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (Option<u64>, u64))>,
    ) {
        pairs.right_outer_join(more).to(out);
    }

    fn full_outer(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (Option<u64>, Option<u64>))>,
    ) {
        pairs.full_outer_join(more).to(out);
    }

    fn cogroups(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<(&str, Groups)>) {
        pairs.cogroup(more).to(out);
    }

    fn sums_joined(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (u64, u64))>,
    ) {
        let sums = pairs.reduce_by_key(|a, b| a + b);
        sums.join(more.reduce_by_key(|a, b| a + b)).to(out);
    }

    fn sums_beside_records(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (Option<u64>, Option<u64>))>,
    ) {
        let sums = pairs.reduce_by_key(|a, b| a + b).map_values(|sum| sum + 1);
        sums.full_outer_join(more).to(out);
    }

    fn joined_and_summed(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, u64)>,
    ) {
        pairs
            .join(more)
            .map_values(|(a, b)| a * b)
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn values_of_two_types(
        pairs: Stream<(&str, u64)>,
        words: Stream<&str>,
        out: Sink<(&str, (u64, Option<&str>))>,
    ) {
        pairs
            .left_outer_join(words.distinct().key_by(|word| *word))
            .to(out);
    }

    fn known_users(
        events: Stream<&crate::inputs::Event>,
        users: Stream<String>,
        out: Sink<(&str, (i64, u64))>,
    ) {
        let amounts = events.map(|event| (event.user.as_str(), event.amount));
        let counts = users
            .count_by_value()
            .map(|(user, count)| (user.len(), count));
        let by_length = amounts.map(|(user, amount)| (user.len(), (user, amount)));
        by_length
            .join(counts.reduce_by_key(|a, b| a + b))
            .map(|(_, ((user, amount), count))| (user, (amount, count)))
            .to(out);
    }

    fn in_first_only(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<&str>) {
        pairs
            .cogroup(more)
            .filter(|(_, (_, rights))| rights.is_empty())
            .map(|(key, _)| key)
            .to(out);
    }

    fn fuller(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .filter(|(_, value)| *value < 10)
            .transform_with(more, |pairs, more| {
                if more.count() > pairs.count() {
                    more
                } else {
                    pairs
                }
            })
            .to(out);
    }

    fn three_joined(
        a: Stream<(&str, u64)>,
        b: Stream<(&str, u64)>,
        c: Stream<&str>,
        out: Sink<(&str, (u64, Option<u64>, u64))>,
    ) {
        let counts = c.count_by_value();
        a.left_outer_join(b.reduce_by_key(|a, b| a + b))
            .join(counts)
            .map_values(|((a, b), c)| (a, b, c))
            .to(out);
    }

    fn joins_joined(a: Stream<(&str, u64)>, b: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let low = a.filter(|(_, value)| *value < 5);
        let high = b.map_values(|value| value * 2);
        let left = low.join(high).map_values(|(x, y)| x + y);
        let right = high
            .left_outer_join(low)
            .map_values(|(x, y)| x + y.unwrap_or(7));
        left.reduce_by_key(Ord::max)
            .full_outer_join(right.reduce_by_key(Ord::min))
            .map_values(|(x, y)| x.unwrap_or(1) * 1000 + y.unwrap_or(2))
            .to(out);
    }
);

type Pairs = Vec<(String, u64)>;

/// A batch of three inputs.
type Three = ((Pairs, Pairs), Vec<String>);

fn three(random: &mut Random, shape: Shape, len: usize) -> Three {
    let first = pairs(random, shape, len);
    let second = pairs(random, shape.next(), len.div_ceil(10));
    ((first, second), words(random, Shape::Duplicates, len / 3))
}

fn three_joined_by_hand(((a, b), c): &Three) -> Vec<(String, (u64, Option<u64>, u64))> {
    let left = fully_joined(a, &summed(b.clone())).into_iter();
    let left: Vec<_> = left
        .filter_map(|(key, (a, b))| Some((key, (a?, b))))
        .collect();
    let rows = joined(&left, &counted(c.clone())).into_iter();
    rows.map(|(key, ((a, b), c))| (key, (a, b, c))).collect()
}

fn joins_joined_by_hand(a: &[(String, u64)], b: &[(String, u64)]) -> Pairs {
    let low: Pairs = a.iter().filter(|(_, value)| *value < 5).cloned().collect();
    let high: Pairs = b
        .iter()
        .map(|(key, value)| (key.clone(), value * 2))
        .collect();
    let mut rows = Vec::new();
    for (key, (lows, highs)) in cogrouped(&low, &high) {
        let sums = |default: Option<u64>| {
            let lows = if lows.is_empty() {
                Vec::from_iter(default)
            } else {
                lows.clone()
            };
            let sums = highs
                .iter()
                .flat_map(|high| lows.iter().map(move |low| low + high));
            sums.collect::<Vec<_>>()
        };
        let (x, y) = (
            sums(None).into_iter().max(),
            sums(Some(7)).into_iter().min(),
        );
        if x.is_some() || y.is_some() {
            rows.push((key, x.unwrap_or(1) * 1000 + y.unwrap_or(2)));
        }
    }
    rows
}

pub(crate) fn add(corpus: &mut Corpus) {
    let two = (pairs as _, pairs as _);
    corpus.two((Any, PerBatch), two, inner, joined);
    corpus.two((Any, PerBatch), two, left_outer, |left, right| {
        let rows = fully_joined(left, right).into_iter();
        rows.filter_map(|(key, (left, right))| Some((key, (left?, right))))
            .collect()
    });
    corpus.two((Any, PerBatch), two, right_outer, |left, right| {
        let rows = fully_joined(left, right).into_iter();
        rows.filter_map(|(key, (left, right))| Some((key, (left, right?))))
            .collect()
    });
    corpus.two((Any, PerBatch), two, full_outer, fully_joined);
    corpus.two((Any, PerBatch), two, cogroups, cogrouped);
    corpus.two((Any, PerBatch), two, sums_joined, |left, right| {
        joined(&summed(left.to_vec()), &summed(right.to_vec()))
    });
    corpus.two((Any, PerBatch), two, sums_beside_records, |left, right| {
        let sums = summed(left.to_vec()).into_iter();
        fully_joined(
            &sums.map(|(key, sum)| (key, sum + 1)).collect::<Vec<_>>(),
            right,
        )
    });
    corpus.two((Any, PerBatch), two, joined_and_summed, |left, right| {
        let rows = joined(left, right).into_iter();
        summed(rows.map(|(key, (a, b))| (key, a * b)))
    });
    corpus.two(
        (Any, PerBatch),
        (pairs, words),
        values_of_two_types,
        |left, words| {
            let rows = left.iter().map(|(key, value)| {
                (
                    key.clone(),
                    (*value, words.contains(key).then(|| key.clone())),
                )
            });
            rows.collect()
        },
    );
    corpus.two(
        (Any, PerBatch),
        (events, words),
        known_users,
        |events, users| {
            let count = |len| users.iter().filter(|user| user.len() == len).count() as u64;
            let rows = events.iter().map(|event| (event, count(event.user.len())));
            let known = rows.filter(|(_, count)| *count > 0);
            known
                .map(|(event, count)| (event.user.clone(), (event.amount, count)))
                .collect()
        },
    );
    corpus.two((Any, PerBatch), two, in_first_only, |left, right| {
        let rows = cogrouped(left, right).into_iter();
        rows.filter(|(_, (_, rights))| rights.is_empty())
            .map(|(key, _)| key)
            .collect()
    });
    corpus.two((Any, PerBatch), two, fuller, |left, right| {
        let small: Vec<_> = left
            .iter()
            .filter(|(_, value)| *value < 10)
            .cloned()
            .collect();
        if right.len() > small.len() {
            right.to_vec()
        } else {
            small
        }
    });
    corpus.two((Any, PerBatch), two, joins_joined, joins_joined_by_hand);
    let build = |batches: Vec<Three>| {
        let (ab, c): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        let (a, b): (Vec<_>, Vec<_>) = ab.into_iter().unzip();
        sunk(|out| three_joined(queue(a), queue(b), queue(c), out))
    };
    corpus.add((Any, PerBatch), three, build, three_joined_by_hand);
}
