//! Measures the ways of the named workloads (all without a name) in turn, checks that they agree, and prints
//! nanoseconds for a record, and the speed of the pipeline beside each.
//!
//! `compare [WORKLOAD]...`; `ROUNDS` (11) in the environment says how often each way has its turn. A pipeline
//! stands beside what has as many threads, and that on two threads also beside what can only use one.

use stream_benches::measure::{Measured, in_turn};
use stream_benches::{Who, Workload, workloads};

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let rounds = std::env::var("ROUNDS").map_or(11, |rounds| rounds.parse().expect("a number"));
    for workload in workloads() {
        if names.is_empty() || names.iter().any(|name| name == workload.name) {
            workload.assert_ways_agree();
            print(&workload, &in_turn(&workload, rounds));
        }
    }
}

fn print(workload: &Workload, measured: &[Measured]) {
    println!("{}: {}", workload.name, workload.question);
    for way in measured {
        print!(
            "  {:<24} {:>9.2} ns/record",
            way.way.to_string(),
            way.nanos_per_record().median
        );
        let pipelines = measured
            .iter()
            .filter(|own| own.way.who == Who::Stream && own.way.variant.is_none());
        for own in pipelines.filter(|own| own.way.threads >= way.way.threads) {
            let speed = own.speed_beside(way);
            let (low, high) = (speed.low, speed.high);
            print!(
                "   stream! {}: {:.2} ({low:.2} to {high:.2})",
                own.way.threads, speed.median
            );
        }
        println!();
    }
}
