//! The cases of checkpoints and recovery: Spark's `CheckpointSuite`.

use std::fs;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stream_runtime::Job;
use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::Collect;
use stream_runtime::storage::{Crash, LocalDirectory, MemoryStorage};
use stream_runtime::testing::{TestRun, collect};

use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("checkpoint.map_reduce_by_key", |case| {
        restarted(case, counted)
    }),
    ("checkpoint.reduce_by_key_window_inverse", |case| {
        restarted(case, in_windows);
    }),
];

/// Those of which the answer is another on purpose.
pub(crate) const DIFFERENT: &[(&str, fn(&Case))] = &[
    ("checkpoint.file_listing", other_files_are_left_alone),
    ("golden.checkpoint_directory", few_files),
];

stream!(
    #[checkpoint]
    fn counted(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    #[checkpoint]
    fn in_windows(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 4s, 1s)
            .to(out);
    }

    #[checkpoint]
    fn updated(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .map(|word| (word, 1))
            .update_state_by_key(|ones, sum: Option<u64>| {
                Some(sum.unwrap_or(0) + ones.iter().sum::<u64>())
            })
            .to(out);
    }
);

/// Stops the pipeline after each number of batches, and has another one go on from its checkpoint,
/// without the rows that were taken being taken again.
fn restarted<O>(case: &Case, pipeline: impl Fn(Queue<String>, Collect<O>) -> Job)
where
    O: Clone + Serialize + DeserializeOwned,
{
    let expected = case
        .expected_batches
        .as_ref()
        .expect("the case has an answer");
    let rows: Vec<Vec<String>> = case.rows();
    for run in case.runs() {
        for before in 1..rows.len() {
            let storage = MemoryStorage::new();
            let mut answer = batches(&run, &storage, &pipeline, &rows, before);
            let storage = storage.after(Crash::Lost);
            answer.extend(batches(
                &run,
                &storage,
                &pipeline,
                &rows,
                rows.len() - before,
            ));
            case.compare(&answer, expected);
        }
    }
}

/// What so many batches give, from where the checkpoint is on.
fn batches<O: Clone>(
    run: &TestRun,
    storage: &MemoryStorage,
    pipeline: impl Fn(Queue<String>, Collect<O>) -> Job,
    rows: &[Vec<String>],
    count: usize,
) -> Vec<Vec<O>> {
    let (out, collected) = collect();
    let job = pipeline(queue(rows.iter().cloned()), out).checkpoint(storage.clone());
    run.job(job, count as u64).expect("the job runs");
    collected.rows()
}

fn a_job(directory: &LocalDirectory, batches: u64) -> Vec<Vec<(String, u64)>> {
    let (out, collected) = collect();
    let job = updated(queue(vec![["a"]; 30]), out).checkpoint(directory.clone());
    TestRun::new().job(job, batches).expect("the job runs");
    collected.rows()
}

/// Spark's files are `checkpoint-TIME`; here they are segments of a journal. What else is in the
/// directory is left alone, a directory with the name of a segment too, and a missing directory is
/// no checkpoint.
fn other_files_are_left_alone(_: &Case) {
    let home = tempfile::tempdir().expect("there is room");
    let place = home.path().join("not/there/yet");
    let directory = LocalDirectory::create(&place).expect("it can be made");
    let segment = |number: u64| place.join(format!("journal-{number:020}"));
    fs::create_dir(segment(77)).expect("there is none");
    fs::write(place.join("checkpoint-1000"), "other").expect("there is room");
    fs::write(place.join("journal-1"), "other").expect("there is room");
    assert_eq!(
        a_job(&directory, 2).concat().last(),
        Some(&("a".to_owned(), 2))
    );
    assert_eq!(a_job(&directory, 1).concat(), [("a".to_owned(), 3)]);
    assert!(segment(1).is_file() && segment(77).is_dir());
    assert_eq!(
        fs::read(place.join("journal-1")).expect("it is there"),
        b"other"
    );
}

/// After 24 batches Spark has ten files and four directories with 18; here are the segments since
/// the last round of the image, and the lock.
fn few_files(_: &Case) {
    let home = tempfile::tempdir().expect("there is room");
    let directory = LocalDirectory::create(home.path()).expect("it is there");
    a_job(&directory, 24);
    let entries = fs::read_dir(home.path()).expect("it is there");
    let names = entries.map(|entry| entry.expect("it is there").file_name());
    let names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let is_known = |name: &String| name.starts_with("journal-") || name == "lock";
    assert!(names.iter().all(is_known) && names.len() < 6, "{names:?}");
}
