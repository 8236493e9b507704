//! What `explain` says of each operator, compared with `tests/plans/<operator>.txt`.
//!
//! After a change of the plan on purpose, `BLESS=1 cargo test --test plans` writes the files anew:
//! read the difference before you keep it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::{Collect, collect};
use stream_runtime::{Format, Job};

// One small pipeline for each operator. Those that keep a partitioning by key stand between two
// keyed operators, to show that the second one does not shuffle.
stream!(
    fn map(words: Stream<&str>, out: Sink<usize>) {
        words.map(|word| word.len()).to(out);
    }

    fn flat_map(lines: Stream<&str>, out: Sink<&str>) {
        lines
            .filter(|line| line.len() > 3)
            .flat_map(|line| line.split_whitespace())
            .flat_map(|word| word.split('-'))
            .to(out);
    }

    fn filter(lines: Stream<&str>, pattern: &'static str, out: Sink<(&str, u64)>) {
        let errors = lines.filter(|line| line.contains(pattern));
        let counts = errors.map(|line| (line, 1)).reduce_by_key(|a, b| a + b);
        counts
            .filter(|(_, count)| *count > 1)
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn filter_map(words: Stream<&str>, out: Sink<u64>) {
        words.filter_map(|word| word.parse().ok()).to(out);
    }

    fn inspect(pairs: Stream<(&str, u64)>, seen: Accumulator<Count>, out: Sink<(&str, u64)>) {
        let counts = pairs.reduce_by_key(|a, b| a + b);
        counts
            .inspect(|_| seen.add(()))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn key_by(words: Stream<&str>, out: Sink<(usize, &str)>) {
        words.key_by(|word| word.len()).to(out);
    }

    fn map_values(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let counts = pairs.reduce_by_key(|a, b| a + b);
        counts
            .map_values(|count| count + 1)
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn flat_map_values(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        let counts = pairs.reduce_by_key(|a, b| a + b);
        counts
            .flat_map_values(|count| 0..count)
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    fn try_map(words: Stream<&str>, out: Sink<u64>) {
        let (numbers, errors) = words.try_map(|word| word.parse::<u64>().map_err(|_| word));
        numbers.map(|number| number * 2).to(out);
        errors.print();
    }

    fn sample(words: Stream<&str>, out: Sink<&str>) {
        words.sample(0.5).to(out);
    }

    fn map_partitions(words: Stream<&str>, out: Sink<usize>) {
        words
            .filter(|word| !word.is_empty())
            .map_partitions(|words| [words.count()])
            .to(out);
    }

    fn glom(words: Stream<&str>, out: Sink<Vec<&str>>) {
        words.glom().to(out);
    }

    fn persist(words: Stream<&str>, out: Sink<usize>) {
        let lengths = words.map(|word| word.len()).persist();
        lengths.filter(|len| len % 2 == 0).to(out);
        lengths.print();
    }

    fn repartition(words: Stream<&str>, out: Sink<&str>) {
        words.repartition(7).to(out);
    }

    fn union(words: Stream<&str>, more: Stream<&str>, out: Sink<&str>) {
        words
            .union(
                more.filter(|word| !word.is_empty()),
                words.map(|word| word.trim()),
            )
            .to(out);
    }

    fn count(words: Stream<&str>, out: Sink<u64>) {
        words.filter(|word| !word.is_empty()).count().to(out);
    }

    fn reduce(words: Stream<&str>, out: Sink<usize>) {
        words.map(|word| word.len()).reduce(Ord::max).to(out);
    }

    fn fold(words: Stream<&str>, out: Sink<usize>) {
        words.map(|word| word.len()).fold(0, |a, b| a + b).to(out);
    }

    fn take(words: Stream<&str>, out: Sink<&str>) {
        words.take(3).to(out);
    }

    fn top_k(words: Stream<&str>, out: Sink<&str>) {
        words.top_k(3).to(out);
    }

    fn sort_by(words: Stream<&str>, out: Sink<&str>) {
        words.sort_by(|a, b| a.len().cmp(&b.len())).to(out);
    }

    fn distinct(words: Stream<&str>, out: Sink<&str>) {
        words.distinct().to(out);
    }

    fn count_by_value(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let counts = words.count_by_value();
        counts.reduce_by_key(|a, b| a + b).to(out);
    }

    fn window(words: Stream<&str>, out: Sink<usize>, recent: Sink<&str>) {
        let last = words.window(30s, 10s);
        last.map(|word| word.len()).to(out);
        last.to(recent);
    }

    fn slice(words: Stream<&str>, from: BatchTime, to: BatchTime, out: Sink<&str>) {
        words.slice(from, to).to(out);
    }

    fn count_by_window(words: Stream<&str>, out: Sink<u64>) {
        words.count_by_window(5min).to(out);
    }

    #[checkpoint]
    fn reduce_by_window(xs: Stream<u64>, sums: Sink<u64>, means: Sink<u64>, peaks: Sink<u64>) {
        xs.reduce_by_window(|a, b| a + b, |a, b| a - b, 30s)
            .to(sums);
        xs.reduce_by_window(|a, b| (a + b) / 2, 30s).to(means);
        xs.reduce_by_window(|a, b| a.max(b), 30s).to(peaks);
    }

    #[checkpoint]
    fn reduce_by_key_and_window(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let counts = words.map(|word| (word, 1)).reduce_by_key_and_window(
            |a, b| a + b,
            |a, b| a - b,
            30s,
            10s,
        );
        counts.reduce_by_key_and_window(Ord::max, 1h, 20s).to(out);
    }

    #[steady]
    fn fold_by_key_and_window(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs
            .fold_by_key_and_window(0, |a, b| a + b, 30s, 10s)
            .to(out);
    }

    fn group_by_key_and_window(pairs: Stream<(&str, u64)>, out: Sink<(&str, Vec<u64>)>) {
        pairs.group_by_key_and_window(30s, 10s).to(out);
    }

    #[batch(500ms)]
    fn count_by_value_and_window(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let counts = words.count_by_value_and_window(1500ms, 500ms);
        counts.reduce_by_key(|a, b| a + b).to(out);
    }

    #[checkpoint]
    fn update_state_by_key(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let counts =
            words
                .map(|word| (word, 1))
                .update_state_by_key(|ones: &[u64], count: Option<u64>| {
                    Some(count.unwrap_or(0) + ones.iter().sum::<u64>())
                });
        counts.to(out);
    }

    #[checkpoint]
    fn map_with_state(words: Stream<&str>, out: Sink<(&str, u64)>) {
        let counts = words.map(|word| (word, 1)).map_with_state(
            |_, word, one, count| {
                *count.get_or_insert(0) += one.unwrap_or(0);
                Some((word, *count.get()))
            },
            StateSpec::new().timeout(30s),
        );
        counts.filter(|(_, count)| *count > 1).to(out);
    }

    #[checkpoint]
    fn state_snapshots(words: Stream<&str>, out: Sink<(&str, u64)>, total: Sink<(&str, u64)>) {
        let counts = words
            .map(|word| (word, 1))
            .map_with_state(|_, word, one, count| {
                *count.get_or_insert(0) += one.unwrap_or(0);
                Some((word, *count.get()))
            });
        counts.to(out);
        counts.state_snapshots().reduce_by_key(|a, _| a).to(total);
    }

    #[checkpoint]
    fn event_time(left: Stream<(u8, u64)>, right: Stream<(u8, u64)>, out: Sink<u64>) {
        let all = left
            .event_time(|x| BatchTime::from_millis(x.1), 5s)
            .union(right.event_time(|x| BatchTime::from_millis(x.1), 5s, 30s));
        let (counts, _) = all.map(|x| (x.0, x.map(|_| 1))).tumbling(10s, |a, b| a + b);
        counts.map(|(_, count)| count.value).to(out);
    }

    #[checkpoint]
    fn tumbling(xs: Stream<(u8, u64)>, out: Sink<(u8, u64)>, late: Sink<(u8, u64)>) {
        let timed = xs.event_time(|x| BatchTime::from_millis(x.1), 5s);
        let (counts, too_late) = timed
            .map(|x| (x.0, x.map(|_| 1)))
            .tumbling(10s, |a, b| a + b);
        counts
            .map_values(|count| count.value)
            .reduce_by_key(|a, b| a.max(b))
            .to(out);
        too_late.map_values(|x| x.record).to(late);
    }

    #[checkpoint]
    fn sliding(xs: Stream<(u8, u64)>, out: Sink<Windowed<u64>>) {
        let timed = xs.event_time(|x| BatchTime::from_millis(x.1), 5s);
        let keyed = timed.map(|x| (x.0, x.map(|_| 1)));
        let (counts, _) = keyed.sliding(30s, 10s, |a, b| a + b, 1min);
        counts.map(|(_, count)| count).to(out);
    }

    #[checkpoint]
    fn session(xs: Stream<(u8, u64)>, out: Sink<Windowed<u64>>) {
        let timed = xs.event_time(|x| BatchTime::from_millis(x.1), 5s);
        let keyed = timed.map(|x| (x.0, x.map(|_| 1)));
        let (visits, _) = keyed.session(5min, |a, b| a + b);
        visits.map(|(_, visit)| visit).to(out);
    }

    fn reduce_by_key(words: Stream<&str>, out: Sink<(usize, &str)>) {
        let counts = words
            .flat_map(|line| line.split(' '))
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b);
        counts.map(|(word, count)| (count, word)).top_k(10).to(out);
        counts.print();
    }

    fn fold_by_key(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
        pairs.fold_by_key(0, |a, b| a + b).to(out);
    }

    fn combine_by_key(pairs: Stream<(&str, u64)>, out: Sink<(&str, f64)>) {
        pairs
            .combine_by_key(
                |x| (x, 1),
                |(sum, n), x| (sum + x, n + 1),
                |(a, n), (b, m)| (a + b, n + m),
            )
            .map_values(|(sum, n)| sum as f64 / f64::from(n))
            .to(out);
    }

    fn group_by_key(pairs: Stream<(&str, u64)>, out: Sink<(&str, Vec<u64>)>) {
        pairs.group_by_key().to(out);
    }

    fn cogroup(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<(&str, usize)>) {
        pairs
            .cogroup(more)
            .map_values(|(xs, ys)| xs.len() + ys.len())
            .to(out);
    }

    fn join(pairs: Stream<(&str, u64)>, more: Stream<(&str, u64)>, out: Sink<(&str, (u64, u64))>) {
        let totals = pairs.reduce_by_key(|a, b| a + b);
        totals.join(more).to(out);
    }

    fn left_outer_join(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (u64, Option<u64>))>,
    ) {
        pairs.left_outer_join(more).to(out);
    }

    fn right_outer_join(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (Option<u64>, u64))>,
    ) {
        pairs.right_outer_join(more).to(out);
    }

    fn full_outer_join(
        pairs: Stream<(&str, u64)>,
        more: Stream<(&str, u64)>,
        out: Sink<(&str, (Option<u64>, Option<u64>))>,
    ) {
        pairs.full_outer_join(more).to(out);
    }

    fn transform(words: Stream<&str>, out: Sink<usize>) {
        words
            .transform(|batch| batch.map(str::len))
            .filter(|len| *len > 0)
            .to(out);
    }

    fn transform_with(words: Stream<&str>, more: Stream<&str>, out: Sink<&str>) {
        words
            .transform_with(more.map(|word| word.trim()), |_, more| more)
            .to(out);
    }

    fn print(words: Stream<&str>) {
        words.print();
    }

    fn save_as_text_files(words: Stream<&str>) {
        words.save_as_text_files("words", "txt");
    }

    fn save_as_object_files(words: Stream<&str>) {
        words.save_as_object_files("words", "bin");
    }

    fn for_each_batch(words: Stream<&str>) {
        words.for_each_batch(|_, _| {});
    }

    fn to(words: Stream<&str>, out: Sink<&str>, lengths: Sink<usize>) {
        words.to(out);
        words.map(|word| word.len()).to(lengths);
    }
);

fn words() -> Queue<&'static str> {
    queue([[]])
}

fn pairs() -> Queue<(&'static str, u64)> {
    queue([[]])
}

fn times() -> Queue<(u8, u64)> {
    queue([[]])
}

fn out<T>() -> Collect<T> {
    collect().0
}

/// Each operator with its plan.
fn plans() -> Vec<(&'static str, String)> {
    let plan = |(operator, job): (&'static str, Job)| (operator, job.explain(Format::Text));
    let seen = Accumulator::named("seen");
    [
        ("map", map(words(), out())),
        ("flat_map", flat_map(words(), out())),
        ("filter", filter(words(), "ERROR", out())),
        ("filter_map", filter_map(words(), out())),
        ("inspect", inspect(pairs(), seen, out())),
        ("key_by", key_by(words(), out())),
        ("map_values", map_values(pairs(), out())),
        ("flat_map_values", flat_map_values(pairs(), out())),
        ("try_map", try_map(words(), out())),
        ("sample", sample(words(), out())),
        ("map_partitions", map_partitions(words(), out())),
        ("glom", glom(words(), out())),
        ("persist", persist(words(), out())),
        ("repartition", repartition(words(), out())),
        ("union", union(words(), words(), out())),
        ("count", count(words(), out())),
        ("reduce", reduce(words(), out())),
        ("fold", fold(words(), out())),
        ("take", take(words(), out())),
        ("top_k", top_k(words(), out())),
        ("sort_by", sort_by(words(), out())),
        ("distinct", distinct(words(), out())),
        ("count_by_value", count_by_value(words(), out())),
        ("window", window(words(), out(), out())),
        (
            "slice",
            slice(words(), BatchTime::ZERO, BatchTime::ZERO, out()),
        ),
        ("count_by_window", count_by_window(words(), out())),
        (
            "reduce_by_window",
            reduce_by_window(queue([[0]]), out(), out(), out()),
        ),
        (
            "reduce_by_key_and_window",
            reduce_by_key_and_window(words(), out()),
        ),
        (
            "fold_by_key_and_window",
            fold_by_key_and_window(pairs(), out()),
        ),
        (
            "group_by_key_and_window",
            group_by_key_and_window(pairs(), out()),
        ),
        (
            "count_by_value_and_window",
            count_by_value_and_window(words(), out()),
        ),
        ("update_state_by_key", update_state_by_key(words(), out())),
        ("map_with_state", map_with_state(words(), out())),
        ("state_snapshots", state_snapshots(words(), out(), out())),
        ("event_time", event_time(times(), times(), out())),
        ("tumbling", tumbling(times(), out(), out())),
        ("sliding", sliding(times(), out())),
        ("session", session(times(), out())),
        ("reduce_by_key", reduce_by_key(words(), out())),
        ("fold_by_key", fold_by_key(pairs(), out())),
        ("combine_by_key", combine_by_key(pairs(), out())),
        ("group_by_key", group_by_key(pairs(), out())),
        ("cogroup", cogroup(pairs(), pairs(), out())),
        ("join", join(pairs(), pairs(), out())),
        ("left_outer_join", left_outer_join(pairs(), pairs(), out())),
        (
            "right_outer_join",
            right_outer_join(pairs(), pairs(), out()),
        ),
        ("full_outer_join", full_outer_join(pairs(), pairs(), out())),
        ("transform", transform(words(), out())),
        ("transform_with", transform_with(words(), words(), out())),
        ("print", print(words())),
        ("save_as_text_files", save_as_text_files(words())),
        ("save_as_object_files", save_as_object_files(words())),
        ("for_each_batch", for_each_batch(words())),
        ("to", to(words(), out(), out())),
    ]
    .map(plan)
    .into()
}

fn goldens() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}

#[test]
fn plans_are_as_they_were_read_and_approved() {
    let mut stale = files();
    for (operator, plan) in plans() {
        let file = goldens().join(operator).with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, &plan).unwrap();
        }
        let golden = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            plan,
            golden,
            "the plan of `{operator}` is not that of {}: if it is meant to change, run with BLESS=1 and read the difference",
            file.display()
        );
        stale.remove(&file);
    }
    assert!(
        stale.is_empty(),
        "no pipeline of this test is named like these: {stale:?}"
    );
}

fn files() -> BTreeSet<PathBuf> {
    let files = fs::read_dir(goldens()).unwrap();
    files.map(|entry| entry.unwrap().path()).collect()
}
