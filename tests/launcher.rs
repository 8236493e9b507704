//! The command line of a compiled pipeline: what it writes where, how it ends, and how signals stop
//! it. The pipeline is that of the word-count example, run as a program.

#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn word_count(arguments: &[&str]) -> Command {
    let mut command = Command::new(common::example("word_count"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Output {
    word_count(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn terminate(child: &Child) {
    let status = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// Reads lines until one has `wanted` in it, and gives that one.
fn wait_for(lines: &mut impl BufRead, wanted: &str) -> String {
    let line = lines
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains(wanted));
    line.unwrap_or_else(|| panic!("no line says `{wanted}`"))
}

/// How often each word was counted, in all batches under `directory`.
fn saved_counts(directory: &Path) -> Vec<(String, u64)> {
    let mut counts = std::collections::BTreeMap::new();
    for batch in std::fs::read_dir(directory).unwrap() {
        for part in std::fs::read_dir(batch.unwrap().path()).unwrap() {
            let lines = std::fs::read_to_string(part.unwrap().path()).unwrap();
            for line in lines.lines() {
                let (word, count) = line[1..line.len() - 1].split_once(',').unwrap();
                *counts.entry(word.to_owned()).or_insert(0) += count.parse::<u64>().unwrap();
            }
        }
    }
    counts.into_iter().collect()
}

#[test]
fn a_signal_stops_gracefully_and_what_was_received_is_processed() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("counts");
    // Without the signal the first batch would be an hour away.
    let mut command = word_count(&["--socket", &address, "--batch-interval", "1h", "--save"]);
    let child = command.arg(&prefix).spawn().unwrap();
    let (mut connection, _) = server.accept().unwrap();
    connection
        .write_all("to be or not to be\n".repeat(1_000).as_bytes())
        .unwrap();
    connection.shutdown(Shutdown::Write).unwrap();
    // The program closes the connection when it has read all.
    assert_eq!(connection.read(&mut [0]).unwrap(), 0);

    terminate(&child);
    let output = child.wait_with_output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(
        errors.starts_with("stopping: what was received is being processed"),
        "{errors}"
    );
    assert!(
        errors.contains("done: 1 batch, 1,000 records in "),
        "{errors}"
    );
    let counts = [("be", 2_000), ("not", 1_000), ("or", 1_000), ("to", 2_000)];
    assert_eq!(
        saved_counts(directory.path()),
        counts.map(|(word, n)| (word.to_owned(), n))
    );
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    // The driver waits for standard input, which stays open and silent.
    let mut child = word_count(&["--file", "/dev/stdin", "--log", "info"]);
    let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    wait_for(&mut errors, "running");
    terminate(&child);
    wait_for(&mut errors, "stopping");
    terminate(&child);
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(stdin);
}

/// The server never ends what it sends, so nothing else does.
#[test]
fn a_program_whose_results_nobody_reads_stops_gracefully() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let arguments = ["--batch-interval", "5ms", "--socket", &address];
    let mut child = word_count(&arguments).spawn().unwrap();
    let (mut connection, _) = server.accept().unwrap();
    let sending = std::thread::spawn(move || {
        while connection.write_all(b"to be\n").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    let mut results = BufReader::new(child.stdout.take().unwrap());
    wait_for(&mut results, "Time: ");
    drop(results);
    let output = child.wait_with_output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(errors.contains("done: "), "{errors}");
    sending.join().unwrap();
}

#[test]
fn results_go_to_standard_output_and_the_summary_to_standard_error() {
    // The window slides by a second, counted from the start of the job.
    let arguments = ["--batch-interval", "100ms", "--max-batches", "20"];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let times = text(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("Time: "));
    let times: Vec<u64> = times
        .map(|time| time.strip_suffix(" ms").unwrap().parse().unwrap())
        .collect();
    assert!(times.iter().all(|time| time % 100 == 0), "{times:?}");
    let slides: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(slides, [1000]);
    let errors = text(&output.stderr);
    assert!(
        errors.starts_with("done: 20 batches, 200,000 records in "),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 2, "{errors}");

    let quiet = word_count(&arguments).arg("--quiet").output().unwrap();
    assert_eq!(text(&quiet.stderr), "");
}

#[test]
fn explain_starts_nothing() {
    // This file is not there, which nobody notices.
    let output = run(&["explain", "--format", "json", "--file", "no such file"]);
    assert_eq!(output.status.code(), Some(0));
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["pipeline"], "word_count");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn tune_runs_the_job_and_says_what_it_tried() {
    // Nothing comes in, so how short an interval keeps up depends on the machine alone.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let output = run(&["tune", "--max-batch-interval", "20ms", "--socket", &address]);
    assert_eq!(output.status.code(), Some(0));
    let results = text(&output.stdout);
    assert!(results.contains("Time: "), "outputs run as always");
    let (_, table) = results.split_once("  interval   batches").unwrap();
    let first = table.lines().nth(1).unwrap();
    assert!(first.trim_start().starts_with("20ms "), "{table}");
    let advice = ["the shortest batch interval", "no batch interval"];
    assert!(
        advice.iter().any(|advice| table.contains(advice)),
        "{table}"
    );
    let errors = text(&output.stderr);
    assert!(errors.starts_with("done: "), "{errors}");
}

#[test]
fn a_job_that_cannot_start_is_an_error_with_its_cause() {
    let output = run(&["--file", "no such file"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    let error = errors
        .lines()
        .find(|line| line.starts_with("Error: "))
        .unwrap();
    assert!(
        error.contains("input `lines`") && error.contains("no such file"),
        "{errors}"
    );
}

#[test]
fn wrong_usage_is_explained() {
    let output = run(&["--treads", "2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("'--threads'"));
}

#[test]
fn the_help_has_the_programs_own_options_and_the_exit_codes() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout);
    assert!(
        help.starts_with("Counts the words of a sliding window"),
        "{help}"
    );
    for part in [
        "Options of this program:",
        "--socket",
        "Options of every pipeline:",
        "--threads",
        "Exit codes:",
    ] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}

#[test]
fn the_version_is_that_of_the_program() {
    let output = run(&["--version"]);
    let expected = format!(
        "stream-workspace {0} (stream-runtime {0})\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn systemd_is_told_when_the_job_is_ready_what_it_does_and_when_it_stops() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let patience = std::time::Duration::from_secs(60);
    socket.set_read_timeout(Some(patience)).unwrap();
    let mut command = word_count(&["--socket", "localhost:1"]); // nobody is there
    let command = command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000");
    let child = command.spawn().unwrap();
    let mut told = String::new();
    let mut wait_told = |wanted: &[&str]| {
        let mut buffer = [0; 4_096];
        while !wanted.iter().all(|wanted| told.contains(wanted)) {
            let length = socket.recv(&mut buffer).unwrap();
            told += text(&buffer[..length]);
        }
    };
    wait_told(&["READY=1\n", "STATUS=", "WATCHDOG=1\n"]);
    terminate(&child);
    wait_told(&["STOPPING=1\n"]);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn records_that_make_a_batch_fail_go_to_a_file() {
    let home = tempfile::tempdir().unwrap();
    let (input, dead) = (home.path().join("in.txt"), home.path().join("dead.jsonl"));
    std::fs::write(&input, "3\nx\n4\n").unwrap();
    let mut command = Command::new(common::example("dead_letters"));
    let arguments = ["--quiet", "--log", "off", "--dead-letters"];
    command.args(arguments).arg(&dead).arg("--file").arg(&input);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let line: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(dead).unwrap()).unwrap();
    assert_eq!(
        (&line["input"], &line["text"]),
        (&"lines".into(), &"x\n".into())
    );
    let failure = line["failure"].as_str().unwrap();
    assert!(failure.starts_with("`map` at examples/"), "{failure}");
}

#[test]
fn a_page_that_others_can_reach_needs_a_token_and_a_local_one_makes_its_own() {
    let word_count = |address| {
        let mut command = word_count(&["--max-batches", "1", "--ui", address]);
        command.env_remove("STREAM_UI_TOKEN");
        command
    };
    let refused = word_count("0.0.0.0:0").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("it needs a token"));
    let token = "0123456789abcdef";
    let open = word_count("0.0.0.0:0")
        .env("STREAM_UI_TOKEN", token)
        .output();
    let open = open.unwrap();
    assert_eq!(open.status.code(), Some(0), "{}", text(&open.stderr));
    assert!(!text(&open.stderr).contains(token));
    let local = word_count("0").output().unwrap();
    let errors = text(&local.stderr);
    assert!(
        errors.starts_with("web page: http://127.0.0.1:"),
        "{errors}"
    );
    assert!(errors.contains("/?token="), "{errors}");
}
