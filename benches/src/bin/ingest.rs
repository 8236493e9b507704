//! How fast text comes in: over a socket, and from a file.
//!
//! `cargo run --profile measure -p stream-benches --bin ingest [RUNS] [NAME]`
//!
//! Both count lines of some 100 bytes and check that none is missing. The socket is one receiver on
//! the loopback; its sender runs on another thread of this process, so its work counts too. The file is
//! in the page cache. Prints each of the runs (5) and their median, of `socket` or `text_file`
//! or both, and exits with 1 if a line is
//! missing. `GIGABYTES` (4) is how much comes in, `INTERVAL_MS` (100) the batch interval of the socket.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use stream_benches::data::text;
use stream_runtime::Text;
use stream_runtime::prelude::*;

stream!(
    fn count(lines: Stream<&str>, counted: Accumulator<Sum<u64>>) {
        lines
            .count()
            .for_each_batch(|count, _| counted.add(count.sum()));
    }
);

/// What is sent or written, again and again: about this much.
const SAMPLE: usize = 8 << 20;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect(name))
}

/// Some text, how many lines it has, and how often it makes up what is to come in.
struct Input {
    sample: Vec<u8>,
    lines: u64,
    times: u64,
}

impl Input {
    fn of(gigabytes: u64) -> Self {
        let mut sample = Vec::new();
        for block in text() {
            if sample.len() < SAMPLE {
                sample.extend_from_slice(block.as_bytes());
            }
        }
        let lines = sample.iter().filter(|byte| **byte == b'\n').count() as u64;
        let times = (gigabytes << 30).div_ceil(sample.len() as u64);
        Self {
            sample,
            lines,
            times,
        }
    }

    fn bytes(&self) -> u64 {
        self.sample.len() as u64 * self.times
    }

    fn lines(&self) -> u64 {
        self.lines * self.times
    }

    fn write(&self, mut to: impl Write) {
        for _ in 0..self.times {
            to.write_all(&self.sample).expect("somebody reads");
        }
    }
}

/// How long a job took that was to count all lines, and how many were missing.
fn timed(job: impl FnOnce(Accumulator<Sum<u64>>) -> Job, lines: u64) -> (Duration, u64) {
    let counted = Accumulator::named("counted");
    let job = job(counted.clone());
    let started = Instant::now();
    job.run().expect("counting does not fail");
    (started.elapsed(), lines.abs_diff(counted.value()))
}

/// Counts what comes over a socket.
fn socket(input: &Input) -> (Duration, u64) {
    let interval = Duration::from_millis(from_environment("INTERVAL_MS", 100));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    thread::scope(|threads| {
        threads.spawn(|| input.write(listener.accept().expect("the receiver connects").0));
        let lines = socket_text(address).until_closed();
        timed(
            |counted| count(lines, counted).batch_interval(interval),
            input.lines(),
        )
    })
}

/// Counts what is in a file.
fn file(path: &PathBuf, input: &Input) -> (Duration, u64) {
    timed(|counted| count(text_file(path), counted), input.lines())
}

/// Whether no line was missing in any of the runs.
fn report(name: &str, runs: u64, input: &Input, run: impl Fn() -> (Duration, u64)) -> bool {
    let mut missing = 0;
    let rates = (0..runs).map(|_| {
        let (elapsed, lost) = run();
        missing += lost;
        input.lines() as f64 / elapsed.as_secs_f64() / 1e6
    });
    let mut rates: Vec<f64> = rates.collect();
    let all: Vec<String> = rates.iter().map(|rate| format!("{rate:.1}")).collect();
    rates.sort_by(f64::total_cmp);
    let median = rates[rates.len() / 2];
    let bytes_per_line = input.bytes() as f64 / input.lines() as f64;
    println!(
        "{name:<10} median {median:.1} M lines/s, {:.2} GB/s; all {}; {missing} lines missing",
        median * bytes_per_line / 1e3,
        all.join(" ")
    );
    missing == 0
}

/// A file that is removed in the end.
struct TemporaryFile(PathBuf);

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // What is left in the directory of temporary files harms nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn main() -> ExitCode {
    let runs = std::env::args()
        .nth(1)
        .map_or(5, |runs| runs.parse().expect("a number of runs"));
    let input = Input::of(from_environment("GIGABYTES", 4));
    let text: Text = Text::new(input.sample.clone());
    assert!(text.is_utf8());
    let only = std::env::args().nth(2);
    let is_wanted = |name| only.as_deref().is_none_or(|only| only == name);
    let mut complete = true;
    if is_wanted("socket") {
        complete &= report("socket", runs, &input, || socket(&input));
    }
    if is_wanted("text_file") {
        complete &= report_file(runs, &input);
    }
    ExitCode::from(u8::from(!complete))
}

fn report_file(runs: u64, input: &Input) -> bool {
    let path = std::env::temp_dir().join(format!("stream-ingest-{}", std::process::id()));
    let path = TemporaryFile(path);
    input.write(std::fs::File::create(&path.0).expect("a temporary file"));
    report("text_file", runs, input, || file(&path.0, input))
}
