//! One corpus of pipelines, and every way to run them agrees: a naive reference in plain Rust, any
//! number of partitions and threads, any cut into batches, and an engine that serializes every
//! exchange.

mod event_time;
mod gathered;
mod graphs;
mod harness;
mod inputs;
mod joined;
mod keyed;
mod narrow;
mod outputs;
mod reference;
mod remembering;
mod windows;

use std::collections::BTreeSet;
use std::fs;

use harness::{Corpus, Kept, PerBatch};
use stream_runtime::prelude::*;

/// How many random runs each pipeline gets. Each has a seed of its own, named when it fails.
const RANDOM_RUNS: u64 = 12;

fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    narrow::add(&mut corpus);
    gathered::add(&mut corpus);
    keyed::add(&mut corpus);
    joined::add(&mut corpus);
    graphs::add(&mut corpus);
    outputs::add(&mut corpus);
    remembering::add(&mut corpus);
    windows::add(&mut corpus);
    event_time::add(&mut corpus);
    corpus
}

#[test]
fn partitions_threads_and_engines_agree_with_the_reference() {
    corpus().cases().iter().for_each(|case| case.every_engine());
}

#[test]
fn any_cut_into_batches_agrees_with_the_reference() {
    corpus().cases().iter().for_each(|case| case.every_cut());
}

#[test]
fn a_restart_after_every_batch_into_other_partitions_and_threads_does_not_show() {
    corpus().cases().iter().for_each(|case| case.restored());
}

#[test]
fn random_inputs_run_in_random_ways_agree_with_the_reference() {
    for seed in 0..RANDOM_RUNS {
        corpus()
            .cases()
            .iter()
            .for_each(|case| case.at_random(seed));
    }
}

stream!(
    fn miscounted(words: Stream<&str>, out: Sink<u64>) {
        words.count().to(out);
    }
);

#[test]
#[should_panic(
    expected = "`miscounted` with seed 1, TestRun { partitions: 1, threads: 1, batch_interval: 1s, start: BatchTime { micros: 0 }, serializing: false, attempts: 1 }: record 0 of batch 2 should be Some(5001) and is Some(5000)"
)]
fn a_difference_is_told_with_all_that_is_needed_to_see_it_again() {
    let mut corpus = Corpus::default();
    let reference = |words: &[String]| vec![words.len() as u64 + (words.len() > 4096) as u64];
    corpus.one((Kept, PerBatch), inputs::words, miscounted, reference);
    corpus.cases()[0].every_engine();
}

#[test]
fn the_corpus_has_fifty_different_pipelines() {
    let corpus = corpus();
    let names: BTreeSet<_> = corpus.cases().iter().map(|case| case.name()).collect();
    assert_eq!(names.len(), corpus.cases().len(), "two have one name");
    assert!(names.len() >= 50, "only {} pipelines", names.len());
}

#[test]
fn the_corpus_has_every_operator() {
    let corpus = corpus();
    let used: BTreeSet<_> = corpus
        .cases()
        .iter()
        .flat_map(|case| case.operators())
        .collect();
    let missing: Vec<_> = operators()
        .into_iter()
        .filter(|operator| !used.contains(operator))
        .collect();
    assert!(
        missing.is_empty(),
        "no pipeline of the corpus uses {missing:?}"
    );
}

/// The names in the lines `op("name", …)` of the compiler's table.
fn operators() -> Vec<String> {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/stream-macros/src/ops.rs");
    let table = fs::read_to_string(table).unwrap();
    let names = table.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("op(\"")?.split_once('"')?;
        Some(name.to_owned())
    });
    let names: Vec<_> = names.collect();
    assert!(!names.is_empty(), "the table has another form now");
    names
}
