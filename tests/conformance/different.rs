//! The cases where this project differs from Spark on purpose. Each stands in
//! `docs/spark-differences.md`, and what is expected instead is tested here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stream_runtime::prelude::*;

use crate::basic::two_of_each;
use crate::case::Case;

pub(crate) const CASES: &[(&str, fn(&Case))] = &[
    ("basic.union_none_input", union_without_batch),
    (
        "basic.transform_with_none_input",
        transform_with_without_batch,
    ),
    (
        "basic.context_transform_none_input",
        transform_without_batch,
    ),
    ("basic.transform_null", transform_to_nothing),
    ("golden.save_as_text_files", saved_files),
];

stream!(
    fn all_of_both(left: Stream<&str>, right: Stream<&str>, out: Sink<&str>) {
        left.transform_with(right, |a, b| a.union(b)).to(out);
    }

    fn all_of_three(xs: Stream<u64>, out: Sink<u64>) {
        let plus_four = xs.map(|x| x + 4);
        let plus_eight = xs.map(|x| x + 8);
        xs.transform_with(plus_four, |a, b| a.union(b))
            .transform_with(plus_eight, |both, c| both.union(c))
            .to(out);
    }

    fn nothing(xs: Stream<u64>, out: Sink<u64>) {
        xs.transform(|batch| batch.take(0)).to(out);
    }

    fn saved(xs: Stream<u64>, dir: PathBuf) {
        xs.save_as_text_files(dir.join("p"), "txt");
        xs.save_as_text_files(dir.join("q"), "");
        xs.save_as_object_files(dir.join("o"), "obj");
    }
);

/// Spark fails in a batch in which an input has no batch; here it is an empty one.
fn union_without_batch(case: &Case) {
    case.answers::<u64, _>(&with_offsets(case, &[0, 4]), two_of_each);
}

fn transform_without_batch(case: &Case) {
    case.answers::<u64, _>(&with_offsets(case, &[0, 4, 8]), all_of_three);
}

fn transform_with_without_batch(case: &Case) {
    let before = case.expected_before_error.clone();
    let mut expected = before.expect("the case has an answer up to the error");
    expected.as_array_mut().expect("rows").push(json!([]));
    case.answers_for_two::<String, String, _>(&expected, all_of_both);
}

/// Each batch of the input with each of `offsets` added to it, one after the other.
fn with_offsets(case: &Case, offsets: &[u64]) -> Value {
    let rows: Vec<Vec<u64>> = case.rows();
    let rows = rows.iter().map(|row| {
        let sums = offsets
            .iter()
            .flat_map(|offset| row.iter().map(move |x| x + offset));
        sums.collect::<Vec<_>>()
    });
    json!(Vec::from_iter(rows))
}

/// A function that returns no batch does not compile; an empty batch is how it says "nothing".
fn transform_to_nothing(case: &Case) {
    let empty = vec![json!([]); case.rows::<u64>().len()];
    case.answers::<u64, _>(&json!(empty), nothing);
}

/// The same files as Spark, without Hadoop's checksums.
fn saved_files(case: &Case) {
    for run in case.runs() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        run.printed(|xs| saved(xs, dir.path().to_owned()), case.rows::<u64>());
        assert_eq!(files(dir.path()), expected_files(case), "{}", case.id);
        for (file, text) in case.expected.as_object().expect("files and their text") {
            let found = fs::read_to_string(dir.path().join(file)).expect("a text file");
            assert_eq!(Some(&*found), text.as_str(), "{file}");
        }
    }
}

/// The files below a directory of directories.
fn files(dir: &Path) -> BTreeSet<String> {
    let entries = |dir: &Path| {
        fs::read_dir(dir)
            .expect("a directory")
            .map(|entry| entry.unwrap())
    };
    let batches = entries(dir).flat_map(|batch| entries(&batch.path()));
    batches
        .map(|file| file.path().strip_prefix(dir).unwrap().display().to_string())
        .collect()
}

fn expected_files(case: &Case) -> BTreeSet<String> {
    let files = case.expected_batches.as_ref().and_then(Value::as_array);
    let files = files.into_iter().flatten().filter_map(Value::as_str);
    files
        .filter(|file| !file.ends_with(".crc"))
        .map(str::to_owned)
        .collect()
}
