//! Measures a workload: the times in this process, and instructions and memory of each way in a process
//! of its own, since neither must feel what ran before.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::results::{WayResults, WorkloadResults};
use crate::measure::in_turn;
use crate::{Way, Workload};

/// Records in a batch whose instructions are counted: callgrind takes fifty times as long as the machine.
const COUNTED_RECORDS: &str = "200000";
/// What this program is built with.
const FEATURES: &str = if cfg!(feature = "peers") {
    "measure,peers"
} else {
    "measure"
};
/// So few records that it takes more than two batches to count what they cost.
const ENOUGH_RECORDS: u64 = 20_000;

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
            let (ways, rounds) = (workload.ways.len(), self.rounds);
            progress(&format!("times of {ways} ways, {rounds} rounds"));
            for (way, measured) in results.ways.iter_mut().zip(in_turn(workload, rounds)) {
                way.nanos = measured.nanos;
            }
        }
        for (way, into) in workload.ways.iter().zip(&mut results.ways) {
            self.in_processes_of_their_own(workload, way, into, &mut results.keys, progress);
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

    fn in_processes_of_their_own(
        &self,
        workload: &Workload,
        way: &Way,
        into: &mut WayResults,
        keys: &mut Option<u64>,
        progress: &dyn Fn(&str),
    ) {
        if self.parts.contains(&Part::Instructions) && way.threads == 1 {
            progress(&format!("instructions of {way}"));
            into.instructions = noted(self.programs.instructions(workload, way));
        }
        if self.parts.contains(&Part::Memory) {
            progress(&format!("memory of {way}"));
            if let Some((peak, kept)) = noted(self.programs.peak(workload, way)) {
                into.peak = Some(peak);
                *keys = (*keys).max((kept > 0).then_some(kept));
            }
        }
    }
}

/// What came out; an error is told, and stands for nothing: one way that fails is no reason to lose the
/// others.
fn noted<T>(result: io::Result<T>) -> Option<T> {
    result.inspect_err(|error| eprintln!("{error}")).ok()
}

fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok()
}

/// The programs that run a single way.
#[derive(Debug)]
struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// Those that are built like this one.
    fn beside(own: &Path) -> Self {
        let directory = own.parent().unwrap_or(Path::new("")).to_owned();
        Self { directory }
    }

    /// Builds them with the profile and the features of the present program.
    fn build(&self) -> io::Result<()> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["build", "--quiet", "--package", "stream-benches"]);
        cargo.args(["--bin", "batches", "--bin", "peak"]);
        cargo.args(["--profile", self.profile(), "--features", FEATURES]);
        if let Some(target) = self.directory.parent() {
            cargo.arg("--target-dir").arg(target);
        }
        match cargo.status()?.success() {
            true => Ok(()),
            false => Err(io::Error::other("`batches` and `peak` cannot be built")),
        }
    }

    /// The profile, which has given the directory its name.
    fn profile(&self) -> &str {
        match self.directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        }
    }

    /// Instructions for a record: of several batches more, divided by their records. Both runs are started
    /// at the same time, since instructions are the same however busy the machine is.
    fn instructions(&self, workload: &Workload, way: &Way) -> io::Result<f64> {
        let more = (ENOUGH_RECORDS / workload.records).clamp(2, workload.batches - 1);
        let count = |batches| self.counted(workload, way, batches);
        let (few, many) = std::thread::scope(|threads| {
            let few = threads.spawn(|| count(1));
            let many = count(1 + more);
            (few.join().expect("it does not panic"), many)
        });
        let ((few, _), (many, records)) = (few?, many?);
        Ok((many as f64 - few as f64) / (more * records) as f64)
    }

    /// The instructions of a run, and how many records a batch has in it.
    fn counted(&self, workload: &Workload, way: &Way, batches: u64) -> io::Result<(u64, u64)> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        valgrind.arg(self.directory.join("batches"));
        valgrind.args([workload.name, &way.to_string(), &batches.to_string()]);
        let output = finished(valgrind.env("RECORDS", COUNTED_RECORDS))?;
        let records = numbers(&output.stdout).last().copied();
        let counted = collected(&String::from_utf8_lossy(&output.stderr));
        counted.zip(records).ok_or_else(|| unclear(&valgrind))
    }

    /// Bytes at the peak, and the keys that the pipeline kept.
    fn peak(&self, workload: &Workload, way: &Way) -> io::Result<(u64, u64)> {
        let mut peak = Command::new(self.directory.join("peak"));
        let output = finished(peak.args([workload.name, &way.to_string()]))?;
        match numbers(&output.stdout)[..] {
            [peak, keys] => Ok((peak, keys)),
            _ => Err(unclear(&peak)),
        }
    }
}

/// What a command printed, if it succeeded.
fn finished(command: &mut Command) -> io::Result<Output> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    Err(io::Error::other(format!(
        "{command:?}: {}: {}",
        output.status,
        last.join(" / ")
    )))
}

fn unclear(command: &Command) -> io::Error {
    io::Error::other(format!("{command:?} did not print what was expected"))
}

/// The numbers that a program printed.
fn numbers(stdout: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(stdout);
    let words = text.split_ascii_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The instructions of which callgrind tells: `==1== Collected : 123`.
fn collected(stderr: &str) -> Option<u64> {
    let mut lines = stderr.lines().filter(|line| line.contains("Collected :"));
    lines.next()?.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print_is_understood() {
        let stderr = "==1== Events    : Ir\n==1== Collected : 397379214\n==1== \n";
        assert_eq!(collected(stderr), Some(397_379_214));
        assert_eq!(collected("==1== something else"), None);
        assert_eq!(numbers(b"1048576 1000\n"), [1_048_576, 1_000]);
        assert_eq!(numbers(b"fa12 200000\n").last(), Some(&200_000));
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let error = finished(Command::new("sh").args(["-c", "echo no >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().ends_with("exit status: 3: no"), "{error}");
    }
}
