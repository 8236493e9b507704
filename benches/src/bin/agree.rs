//! Checks that all ways of every workload, or of those named, give the same answer: `agree [WORKLOAD]...`.
//! `RECORDS` in the environment sets the size of a batch.

use stream_benches::workloads;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    for workload in workloads() {
        if names.is_empty() || names.iter().any(|name| name == workload.name) {
            workload.assert_ways_agree();
            println!("{}: {} ways agree", workload.name, workload.ways.len());
        }
    }
}
