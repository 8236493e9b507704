//! Runs every way of the named workloads (all without a name) in turn, checks that they agree, and
//! prints nanoseconds per record, and the speed of each pipeline beside that of its loop.
//!
//! `compare [WORKLOAD]...`; `ROUNDS` (21) in the environment says how often each way has its turn.
//!
//! A pipeline and its loop run right after each other, in alternating order, so that a slow moment
//! of the machine hits both; the speed is the median over all rounds of their ratios. In each turn
//! the first batch is not counted: it warms up caches and the allocator, for the pipeline, whose
//! threads are new with every job, and for the loop alike.

use std::time::Duration;

use stream_benches::{Way, Workload, workloads};

/// About how long a turn takes.
const TURN: Duration = Duration::from_millis(150);

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let rounds = std::env::var("ROUNDS").map_or(21, |rounds| rounds.parse().expect("a number"));
    for workload in workloads()
        .iter()
        .filter(|workload| names.is_empty() || names.iter().any(|name| name == workload.name))
    {
        workload.assert_ways_agree();
        for pair in workload.ways.chunks_exact(2) {
            compare(workload, &pair[0], &pair[1], rounds);
        }
    }
}

/// Compares a pipeline with its loop.
fn compare(workload: &Workload, pipeline: &Way, hand: &Way, rounds: usize) {
    let batches = batches_in_a_turn(hand);
    let mut measured = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let mut ways = [(0, pipeline), (1, hand)];
        ways.rotate_left(round % 2);
        for (index, way) in ways {
            measured[index].push(turn(way, batches));
        }
    }
    let [pipelines, hands] = measured;
    let ratios = hands.iter().zip(&pipelines).map(|(hand, own)| hand / own);
    let speed = median(ratios.collect());
    let ns = |times| median(times) * 1e9 / workload.records as f64;
    println!(
        "{:<12} {:<10} {:>8.2} ns/record   {:<13} {:>8.2} ns/record   speed {speed:.2}",
        workload.name,
        pipeline.name,
        ns(pipelines),
        hand.name,
        ns(hands),
    );
}

/// The median time of a batch, in seconds.
fn turn(way: &Way, batches: u64) -> f64 {
    let times = (way.run)(batches + 1).1;
    median(times[1..].iter().map(Duration::as_secs_f64).collect())
}

fn batches_in_a_turn(way: &Way) -> u64 {
    let batches = TURN.as_secs_f64() / turn(way, 1);
    batches.clamp(2.0, 200.0) as u64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
