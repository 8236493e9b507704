//! Measures a workload: the times in this process, and instructions and memory of each way in a process
//! of its own, since neither must feel what ran before.

use std::io;

use super::programs::{Programs, has_valgrind};
use super::results::{WayResults, WorkloadResults};
use crate::Workload;
use crate::measure::in_turn;

/// What can be measured of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Times, in turn.
    Times,
    /// Instructions, under callgrind, of the ways on one thread. Slow.
    Instructions,
    /// The peak of the memory.
    Memory,
}

/// Measures workloads.
#[derive(Debug)]
pub struct Measuring {
    /// How often each way has its turn.
    pub rounds: usize,
    /// What is measured.
    pub parts: Vec<Part>,
    /// The state of the code.
    pub commit: String,
    programs: Programs,
}

impl Measuring {
    /// Gets ready: builds the programs that it starts, as this one was built. Leaves instructions out if
    /// valgrind is missing.
    ///
    /// # Errors
    ///
    /// When the programs cannot be built.
    pub fn new(rounds: usize, mut parts: Vec<Part>, commit: String) -> io::Result<Self> {
        if parts.contains(&Part::Instructions) && !has_valgrind() {
            eprintln!("valgrind is missing, so instructions are left out");
            parts.retain(|part| *part != Part::Instructions);
        }
        let programs = Programs::beside(&std::env::current_exe()?);
        if parts.iter().any(|part| *part != Part::Times) {
            programs.build()?;
        }
        Ok(Self {
            rounds,
            parts,
            commit,
            programs,
        })
    }

    /// Measures a workload, and says by `progress` what it is at.
    ///
    /// # Panics
    ///
    /// If the ways of the workload give different answers.
    pub fn workload(&self, workload: &Workload, progress: &dyn Fn(&str)) -> WorkloadResults {
        progress("checks that all ways agree");
        workload.assert_ways_agree();
        let mut results = self.empty(workload);
        if self.parts.contains(&Part::Times) {
            self.times(workload, &mut results, progress);
        }
        if self.parts.contains(&Part::Instructions) {
            self.instructions(workload, &mut results, progress);
        }
        if self.parts.contains(&Part::Memory) {
            self.memory(workload, &mut results, progress);
        }
        results
    }

    fn empty(&self, workload: &Workload) -> WorkloadResults {
        let ways = workload.ways.iter().map(|way| WayResults {
            who: way.who.name().to_owned(),
            variant: way.variant.map(str::to_owned),
            threads: way.threads,
            ..WayResults::default()
        });
        WorkloadResults {
            name: workload.name.to_owned(),
            question: workload.question.to_owned(),
            records: workload.records,
            commit: self.commit.clone(),
            keys: None,
            ways: ways.collect(),
        }
    }

    fn times(&self, workload: &Workload, results: &mut WorkloadResults, progress: &dyn Fn(&str)) {
        let (ways, rounds) = (workload.ways.len(), self.rounds);
        progress(&format!("times of {ways} ways, {rounds} rounds"));
        for (way, measured) in results.ways.iter_mut().zip(in_turn(workload, rounds)) {
            way.nanos = measured.nanos;
        }
    }

    fn instructions(
        &self,
        workload: &Workload,
        results: &mut WorkloadResults,
        progress: &dyn Fn(&str),
    ) {
        let ways = workload.ways.iter().zip(&mut results.ways);
        for (way, into) in ways.filter(|(way, _)| way.threads == 1) {
            progress(&format!("instructions of {way}"));
            into.instructions = noted(self.programs.instructions(workload, way));
        }
    }

    fn memory(&self, workload: &Workload, results: &mut WorkloadResults, progress: &dyn Fn(&str)) {
        for (way, into) in workload.ways.iter().zip(&mut results.ways) {
            progress(&format!("memory of {way}"));
            if let Some((peak, keys)) = noted(self.programs.peak(workload, way)) {
                into.peak = Some(peak);
                results.keys = results.keys.max((keys > 0).then_some(keys));
            }
        }
    }
}

/// What came out; an error is told, and stands for nothing: one way that fails is no reason to lose the
/// others.
fn noted<T>(result: io::Result<T>) -> Option<T> {
    result.inspect_err(|error| eprintln!("{error}")).ok()
}
