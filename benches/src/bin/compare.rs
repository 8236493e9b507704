//! Runs every way of the named workloads (all without a name) in turn, checks that they agree, and
//! prints nanoseconds per record and ratios. For reports use criterion: `cargo bench`.

use std::time::Duration;

use stream_benches::{Workload, workloads};

const ROUNDS: usize = 7;
const BATCHES: u64 = 5;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    for workload in workloads()
        .iter()
        .filter(|workload| names.is_empty() || names.iter().any(|name| name == workload.name))
    {
        compare(workload);
    }
}

/// The ways take turns, so that a slow moment of the machine hits all of them.
fn compare(workload: &Workload) {
    workload.assert_ways_agree();
    let mut times = vec![Vec::new(); workload.ways.len()];
    for _ in 0..ROUNDS {
        for (way, times) in workload.ways.iter().zip(&mut times) {
            times.push((way.run)(BATCHES).1);
        }
    }
    let medians: Vec<Duration> = times
        .iter_mut()
        .map(|times| {
            times.sort();
            times[ROUNDS / 2]
        })
        .collect();
    for (index, (way, median)) in workload.ways.iter().zip(&medians).enumerate() {
        let ns = median.as_nanos() as f64 / (BATCHES * workload.records) as f64;
        let peer = medians[index ^ 1].as_secs_f64() / median.as_secs_f64();
        println!(
            "{:<12} {:<14} {ns:>8.2} ns/record {peer:>6.2} x its peer's speed",
            workload.name, way.name
        );
    }
}
