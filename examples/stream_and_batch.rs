//! One pipeline, two ways to run it: as a stream over the lines that another part of the program
//! sends as they come, and as a batch job over a file with the same lines. The answer is the same.
//!
//! `cargo run --example stream_and_batch`

use std::collections::BTreeMap;
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::sink::{Collected, collect};

stream!(
    /// Adds up the bytes that each page was asked for, out of the lines of an access log.
    #[batch(50ms)]
    pub fn traffic(lines: Stream<&str>, out: Sink<(&str, u64)>) {
        lines
            .filter_map(|line| request(line))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }
);

/// `METHOD PAGE BYTES`
fn request(line: &str) -> Option<(&str, u64)> {
    let mut fields = line.split(' ').skip(1);
    Some((fields.next()?, fields.next()?.parse().ok()?))
}

fn access_log() -> Vec<String> {
    let pages = ["/", "/about", "/news", "/contact"];
    let line = |i: u64| format!("GET {} {}", pages[(i % 11 % 4) as usize], 100 + i % 900);
    (0..20_000).map(line).collect()
}

/// The lines come in over half a second, so they are in several batches.
fn as_stream(lines: Vec<String>) -> stream_runtime::Result<Collected<(String, u64)>> {
    let (sender, input) = channel(10_000);
    let server = std::thread::spawn(move || {
        for chunk in lines.chunks(1_000) {
            chunk.iter().for_each(|line| {
                sender.send(line.clone()).expect("the job takes all lines");
            });
            std::thread::sleep(Duration::from_millis(25));
        }
    });
    let (out, collected) = collect();
    traffic(input, out).run()?;
    server.join().expect("the server does not panic");
    Ok(collected)
}

/// The lines are there already: no batch waits for the clock, and the job ends with the file.
fn as_batch_job(lines: &[String]) -> stream_runtime::Result<Collected<(String, u64)>> {
    let path = std::env::temp_dir().join(format!("access-{}.log", std::process::id()));
    let failed = |error| stream_runtime::Error::io("writing the log", error);
    std::fs::write(&path, lines.join("\n")).map_err(failed)?;
    let (out, collected) = collect();
    traffic(text_file(&path), out).run()?;
    std::fs::remove_file(&path).map_err(failed)?;
    Ok(collected)
}

/// The sums of all batches together.
fn totals(batches: &Collected<(String, u64)>) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    for (page, bytes) in batches.rows().concat() {
        *totals.entry(page).or_insert(0) += bytes;
    }
    totals
}

fn main() -> stream_runtime::Result<()> {
    let lines = access_log();
    let batch_job = as_batch_job(&lines)?;
    let stream = as_stream(lines)?;
    println!(
        "stream:    {} batches, {:?}",
        stream.rows().len(),
        totals(&stream)
    );
    println!(
        "batch job: {} batches, {:?}",
        batch_job.rows().len(),
        totals(&batch_job)
    );

    assert_eq!(totals(&stream), totals(&batch_job));
    assert_eq!(batch_job.rows().len(), 1);
    assert!(stream.rows().len() > 1);
    Ok(())
}
