//! What Spark Streaming answers, and what this project answers: `spark-vectors.json`, case by case.
//!
//! Inputs and answers come from the file; the pipelines stand here. A case is run, or it differs
//! on purpose, or it waits for something that is not there yet: a case of which nobody knows fails.

mod basic;
mod case;
mod different;
mod files;
mod golden;
mod java;
mod listeners;
mod pending;
mod rates;
mod recovery;
mod states;
mod windows;

use std::collections::BTreeMap;
use std::path::Path;

use case::Case;

/// The cases that are run, whatever the answer is.
fn checks() -> BTreeMap<&'static str, fn(&Case)> {
    let same = [
        basic::CASES,
        java::CASES,
        golden::CASES,
        files::CASES,
        windows::CASES,
        rates::CASES,
        recovery::CASES,
        states::CASES,
        listeners::CASES,
    ];
    let cases = same.into_iter().flatten().chain(different());
    cases.copied().collect()
}

/// Those of which the answer is another on purpose.
fn different() -> impl Iterator<Item = &'static (&'static str, fn(&Case))> {
    [
        different::CASES,
        windows::DIFFERENT,
        recovery::DIFFERENT,
        states::DIFFERENT,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn every_case_holds() {
    let checks = checks();
    for case in case::all() {
        if let Some(check) = checks.get(&*case.id) {
            println!("{}", case.id); // seen when it fails
            check(&case);
        }
    }
}

#[test]
fn every_case_stands_in_one_list() {
    let waiting = pending::CASES
        .iter()
        .flat_map(|(_, ids)| ids.iter().copied());
    let known: Vec<&str> = checks().into_keys().chain(waiting).collect();
    let cases = case::all();
    let unknown: Vec<&str> = cases
        .iter()
        .map(|case| &*case.id)
        .filter(|id| !known.contains(id))
        .collect();
    assert!(
        unknown.is_empty(),
        "run these cases, or say in `pending` what they wait for: {unknown:?}"
    );
    assert_eq!(
        known.len(),
        cases.len(),
        "a list has a case twice, or one that is not in spark-vectors.json"
    );
}

#[test]
fn every_difference_is_documented() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spark-differences.md");
    let text = std::fs::read_to_string(file).unwrap();
    for (id, _) in different() {
        assert!(
            text.contains(&format!("`{id}`")),
            "docs/spark-differences.md does not name {id}"
        );
    }
}
