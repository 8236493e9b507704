//! Records that make a batch fail are put aside, exactly they, and nobody sees that they were looked
//! for.

use std::sync::{Arc, Mutex};

use stream_runtime::prelude::*;
use stream_runtime::sink::collect;
use stream_runtime::storage::MemoryStorage;
use stream_runtime::testing::{TestRun, sorted};
use stream_runtime::{AfterFailure, BatchFailed, DeadLetter, Error, Listener, Rows, Text};

stream!(
    #[checkpoint]
    fn totals(
        lines: Stream<&str>,
        seen: Accumulator<Count>,
        out: Sink<(u64, u64)>,
        counts: Sink<u64>,
    ) {
        let numbers = lines
            .inspect(|_| seen.increment())
            .map(|line| line.parse::<u64>().unwrap());
        let totals =
            numbers
                .map(|n| (n % 2, n))
                .update_state_by_key(|new: &[u64], total: Option<u64>| {
                    Some(total.unwrap_or(0) + new.iter().sum::<u64>())
                });
        totals.to(out);
        numbers.count_by_window(2s, 1s).to(counts);
    }

    fn ratios(left: Stream<(u64, u64)>, right: Stream<(u64, u64)>, out: Sink<u64>) {
        left.join(right).map(|(_, (a, b))| a / b).to(out);
    }

    fn at_most_three(xs: Stream<u64>, out: Sink<u64>) {
        xs.transform(|batch| {
            assert!(batch.count() <= 3, "too many");
            batch
        })
        .to(out);
    }

    fn broken_output(xs: Stream<u64>) {
        xs.for_each_batch(|batch, _| assert!(!batch.collect().contains(&7), "seven"));
    }
);

/// What was put aside: batch, input, place, record.
type Dead = Arc<Mutex<Vec<(u64, &'static str, u64, String)>>>;

fn taking(dead: &Dead, job: Job) -> Job {
    let dead = Arc::clone(dead);
    job.dead_letters(move |letters| {
        let mut dead = dead.lock().unwrap();
        dead.extend(letters.iter().map(|letter| {
            let time = letter.time.as_millis();
            (time, letter.input, letter.at, record(letter))
        }));
        Ok(())
    })
}

fn record(letter: &DeadLetter) -> String {
    let block = &letter.block;
    if let Some(text) = block.downcast_ref::<Text>() {
        assert_eq!(letter.text.as_deref(), Some(text.as_str()));
        return text.as_str().to_owned();
    }
    if let Some(Rows(rows)) = block.downcast_ref::<Rows<String>>() {
        return rows.join(",");
    }
    let rows: Option<&Rows<(u64, u64)>> = block.downcast_ref();
    format!("{:?}", rows.expect("no other rows are here").0)
}

/// Ten batches of lines, of which some are no numbers.
fn lines() -> Vec<Vec<String>> {
    let line = |batch: u64, at: u64| match (batch + at) % 13 {
        5 => format!("{batch} {at}"),
        rest => (batch * rest).to_string(),
    };
    let batch = |batch| (0..20).map(|at| line(batch, at)).collect();
    (0..10).map(batch).collect()
}

fn is_good(line: &str) -> bool {
    line.parse::<u64>().is_ok()
}

/// Totals and counts, batch by batch, and how many lines were seen.
fn run(
    lines: Vec<Vec<String>>,
    partitions: usize,
    set: impl FnOnce(Job) -> Job,
) -> (Vec<Vec<(u64, u64)>>, Vec<Vec<u64>>, u64) {
    let ((out, totals_of), (counts, counts_of)) = (collect(), collect());
    let seen = Accumulator::named("seen");
    let batches = lines.len() as u64;
    let job = totals(queue(lines).with_default([]), seen.clone(), out, counts);
    let run = TestRun::new().partitions(partitions);
    run.job(set(job), batches).unwrap();
    (sorted(totals_of.rows()), counts_of.rows(), seen.value())
}

#[test]
fn a_job_without_its_bad_records_is_as_if_they_had_not_come() {
    let good = |line: &String| is_good(line);
    let clean: Vec<Vec<String>> = lines()
        .into_iter()
        .map(|batch| batch.into_iter().filter(good).collect())
        .collect();
    let expected = run(clean, 2, |job| job);
    for partitions in [1, 2, 3] {
        for storage in [None, Some(MemoryStorage::new())] {
            let dead = Dead::default();
            let found = run(lines(), partitions, |job| {
                let job = taking(&dead, job);
                match storage {
                    Some(storage) => job.checkpoint(storage),
                    None => job,
                }
            });
            assert_eq!(found, expected);
            let bad = lines().into_iter().enumerate().flat_map(|(batch, lines)| {
                let lines = lines.into_iter().enumerate();
                let bad = lines.filter(|(_, line)| !is_good(line));
                bad.map(move |(at, line)| (1_000 * (batch as u64 + 1), "lines", at as u64, line))
            });
            assert_eq!(*dead.lock().unwrap(), Vec::from_iter(bad));
        }
    }
}

/// A pair that fails needs both of its records: the first input that has one gives it up.
#[test]
fn where_two_streams_come_together_one_record_of_the_pair_is_put_aside() {
    let left = vec![(1, 10), (2, 20), (3, 30)];
    let right = vec![(3, 10), (2, 0), (1, 5)];
    let dead = Dead::default();
    let (out, collected) = collect();
    let job = taking(&dead, ratios(queue([left]), queue([right]), out));
    TestRun::new().job(job, 1).unwrap();
    assert_eq!(sorted(collected.rows()), [[2, 3]]);
    let expected = [(1_000, "left", 1, "[(2, 20)]".to_owned())];
    assert_eq!(*dead.lock().unwrap(), expected);
}

#[test]
fn records_that_fail_only_together_end_the_job() {
    let dead = Dead::default();
    let error = TestRun::new().fails(
        |xs| taking(&dead, at_most_three(xs, collect().0)),
        [vec![1, 2, 3, 4]],
    );
    assert!(error.to_string().contains("too many"), "{error}");
    assert!(dead.lock().unwrap().is_empty());
}

#[test]
fn what_fails_in_an_output_ends_the_job() {
    let dead = Dead::default();
    let error = TestRun::new().fails(|xs| taking(&dead, broken_output(xs)), [vec![1, 7]]);
    assert!(error.to_string().contains("seven"), "{error}");
    assert!(dead.lock().unwrap().is_empty());
}

#[test]
fn when_most_records_fail_it_is_not_the_records() {
    let dead = Dead::default();
    let bad = vec![vec!["x".to_owned(); 200]];
    let seen = Accumulator::named("seen");
    let job = totals(queue(bad), seen, collect().0, collect().0);
    let error = TestRun::new().job(taking(&dead, job), 1).unwrap_err();
    assert!(matches!(error, Error::Batch { .. }), "{error}");
    assert!(dead.lock().unwrap().is_empty());
}

#[test]
fn dead_letters_that_cannot_be_taken_end_the_job() {
    let (out, _) = collect::<(u64, u64)>();
    let job = totals(
        queue([["x".to_owned()]]),
        Accumulator::named("seen"),
        out,
        collect().0,
    );
    let job = job.dead_letters(|_| Err(std::io::Error::other("the disk is full")));
    let error = TestRun::new().job(job, 1).unwrap_err().to_string();
    assert_eq!(error, "putting dead letters aside: the disk is full");
}

/// What becomes of batches that fail.
#[derive(Clone, Default)]
struct Fates(Arc<Mutex<Vec<(u32, AfterFailure)>>>);

impl Listener for Fates {
    fn on_batch_failed(&mut self, batch: &BatchFailed) {
        self.0.lock().unwrap().push((batch.attempt, batch.next));
    }

    fn on_batch_completed(&mut self, batch: &stream_runtime::BatchInfo) {
        assert_eq!((batch.records, batch.dead, batch.attempts), (1, 1, 2));
    }
}

#[test]
fn a_batch_is_first_tried_again() {
    let fates = Fates::default();
    let (out, _) = collect::<(u64, u64)>();
    let lines = queue([vec!["x".to_owned(), "1".to_owned()]]);
    let job = totals(lines, Accumulator::named("seen"), out, collect().0);
    let job = taking(&Dead::default(), job).listener(fates.clone());
    TestRun::new().attempts(2).job(job, 1).unwrap();
    let expected = [(1, AfterFailure::Retry), (2, AfterFailure::DeadLetters)];
    assert_eq!(*fates.0.lock().unwrap(), expected);
}
