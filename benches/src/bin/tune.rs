//! The batch interval that `Job::tune` finds for a word count, beside a search through all intervals.
//!
//! `cargo run --profile measure -p stream-benches --bin tune [SECONDS]`
//!
//! The counts of each batch go to what stands for a database: its transactions take 5 ms. Three rates;
//! for each the search runs every interval, from 1 ms on and each a quarter longer than the one before,
//! for so many seconds (2) or a hundred batches, until three in a row keep up: their total delay is no longer than they are, and
//! does not grow. Exits with 1 if an interval that was found is more than twice the shortest of them,
//! or less than half of it.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::rate::Trial;
use stream_runtime::{Advice, BatchInfo};

stream!(
    fn count(lines: Stream<&str>, transaction: Duration) {
        let counts = lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.for_each_batch(|_, _| std::thread::sleep(transaction));
    }
);

/// Lines a second.
const RATES: [u64; 3] = [10_000, 200_000, 600_000];
const TRANSACTION: Duration = Duration::from_millis(5);
/// By how much the search goes on.
const STEP: f64 = 1.25;

fn job(rate: u64) -> Job {
    count(words(rate), TRANSACTION)
}

/// Whether batches of this interval keep up; at the second try, if the machine did something else at
/// the first.
fn keeps_up(rate: u64, interval: Duration, time: Duration) -> bool {
    (0..2).any(|_| is_in_time(rate, interval, time))
}

/// Whether batches of this interval are done in time, and the last ones no later than the first.
fn is_in_time(rate: u64, interval: Duration, time: Duration) -> bool {
    let delays = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&delays);
    let batches = (time.as_secs_f64() / interval.as_secs_f64()) as u64;
    let job = job(rate)
        .batch_interval(interval)
        .max_batches(batches.clamp(12, 100))
        .on_batch(move |batch: &BatchInfo| seen.lock().unwrap().push(batch.total_delay()));
    job.run().expect("the word count runs");
    // The first ones warm up.
    let delays = delays.lock().unwrap();
    let delays = &delays[2..];
    let half = delays.len() / 2;
    let (first, last) = (median(&delays[..half]), median(&delays[half..]));
    last <= interval && last <= first + interval / 2
}

fn median(delays: &[Duration]) -> Duration {
    let mut delays = delays.to_vec();
    delays.sort();
    delays[delays.len() / 2]
}

/// The shortest interval that keeps up as do the two after it.
fn exhaustive(rate: u64, time: Duration) -> Duration {
    let mut interval = Duration::from_millis(1);
    let mut in_a_row = Vec::new();
    while in_a_row.len() < 3 {
        match keeps_up(rate, interval, time) {
            true => in_a_row.push(interval),
            false => in_a_row.clear(),
        }
        let millis = (interval.as_secs_f64() * STEP * 1e3).ceil();
        interval = Duration::from_millis(millis as u64);
    }
    in_a_row[0]
}

fn show(trial: &Trial) {
    println!(
        "  {:>8?} {:>5} batches {:>9.0} lines/s  processing {:>10.2?}  total delay {:>10.2?}  {:?}",
        trial.interval,
        trial.batches,
        trial.incoming(),
        trial.processing_time,
        trial.total_delay,
        trial.verdict
    );
}

fn main() -> ExitCode {
    let seconds = std::env::args()
        .nth(1)
        .map_or(2, |seconds| seconds.parse().expect("a number of seconds"));
    let time = Duration::from_secs(seconds);
    let mut missed = false;
    for rate in RATES {
        println!("{rate} lines a second");
        let tuning = job(rate).tune(Duration::from_secs(60));
        let tuning = tuning.expect("the word count runs");
        tuning.trials.iter().for_each(show);
        let least = exhaustive(rate, time);
        let found = match tuning.advice {
            Advice::Take(interval) => interval.as_secs_f64(),
            advice => panic!("nothing was found: {advice:?}"),
        };
        let ratio = found / least.as_secs_f64();
        println!(
            "  found {:.0} ms, by search {least:?}: {ratio:.2}",
            found * 1e3
        );
        missed |= !(0.5..=2.0).contains(&ratio);
    }
    ExitCode::from(u8::from(missed))
}
