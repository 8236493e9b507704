//! What a batch costs before any record is touched, and how well short batch intervals are held.
//!
//! `cargo run --release -p stream-benches --bin batch_clock`

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::BatchWriter;
use stream_runtime::{BatchInfo, Clock, Family, Job, Signal};

stream!(
    /// One stage.
    fn one_stage(numbers: Stream<u64>, out: Sink<u64>) {
        numbers.filter(|x| x % 2 == 0).map(|x| x + 1).to(out);
    }

    /// Two stages, with a shuffle between them.
    fn shuffle(words: Stream<&str>, out: Sink<(&str, u64)>) {
        words
            .flat_map(|line| line.split_whitespace())
            .map(|word| (word, 1))
            .reduce_by_key(|a, b| a + b)
            .to(out);
    }

    /// Three stages.
    fn join(left: Stream<(u64, u64)>, right: Stream<(u64, u64)>, out: Sink<(u64, (u64, u64))>) {
        left.join(right).to(out);
    }
);

/// A clock on which every batch is due at once.
#[derive(Debug, Default)]
struct Rushing {
    now: Mutex<BatchTime>,
}

impl Clock for Rushing {
    fn now(&self) -> BatchTime {
        *self.now.lock().expect("nobody panics")
    }

    fn wait_until(&self, deadline: BatchTime, _: &Signal) {
        *self.now.lock().expect("nobody panics") = deadline;
    }
}

const BATCHES: u64 = 200_000;

fn cost(name: &str, threads: usize, job: Job) {
    let job = job
        .clock(Rushing::default())
        .threads(threads)
        .max_batches(BATCHES);
    let started = Instant::now();
    job.run().expect("an empty batch does not fail");
    let cost = started.elapsed().as_secs_f64() * 1e6 / BATCHES as f64;
    println!("{name:<12} {threads} threads  {cost:6.2} µs a batch");
}

fn empty<T>() -> Queue<T> {
    queue(Vec::<Vec<T>>::new()).with_default([])
}

/// A sink that forgets.
struct Forget;

impl<F: Family> BatchWriter<F> for Forget {
    fn write(&mut self, _: BatchTime, _: &[Vec<F::Of<'_>>]) -> std::io::Result<()> {
        Ok(())
    }
}

fn hold(interval: Duration) {
    let delays = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&delays);
    let job = shuffle(empty::<&str>(), Forget)
        .batch_interval(interval)
        .duration(Duration::from_secs(2))
        .on_batch(move |batch: &BatchInfo| seen.lock().unwrap().push(batch.total_delay()));
    let summary = job.run().expect("an empty batch does not fail");
    let mut delays = delays.lock().unwrap().clone();
    delays.sort();
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
    println!(
        "{interval:>6.0?}  {:>6} batches  total delay median {:?}, 99 % {:?}, most {:?}; processing {:?}",
        summary.batches,
        at(0.5),
        at(0.99),
        at(1.0),
        summary.processing_time_mean(),
    );
}

fn main() {
    for threads in [1, 2] {
        cost("one stage", threads, one_stage(empty::<u64>(), Forget));
        cost("shuffle", threads, shuffle(empty::<&str>(), Forget));
        cost(
            "join",
            threads,
            join(empty::<(u64, u64)>(), empty::<(u64, u64)>(), Forget),
        );
    }
    for micros in [100_000, 10_000, 1_000, 500, 200, 100] {
        hold(Duration::from_micros(micros));
    }
}
