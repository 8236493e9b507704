//! The programs that run one way of one workload, in a process of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// Whether instructions can be counted.
pub(super) fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok()
}

/// The programs that run a single way.
#[derive(Debug)]
pub(super) struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// Those that are built like this one.
    pub(super) fn beside(own: &Path) -> Self {
        let directory = own.parent().unwrap_or(Path::new("")).to_owned();
        Self { directory }
    }

    /// Builds them with the profile and the features of the present program.
    pub(super) fn build(&self) -> io::Result<()> {
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
    pub(super) fn instructions(&self, workload: &Workload, way: &Way) -> io::Result<f64> {
        let more = (ENOUGH_RECORDS / workload.records).max(2);
        let more = more.min(workload.batches - 1);
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
    pub(super) fn peak(&self, workload: &Workload, way: &Way) -> io::Result<(u64, u64)> {
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
