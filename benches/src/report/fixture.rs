//! Made-up results, for tests of what is made of them.

use super::machine::Machine;
use super::results::{Results, WayResults, WorkloadResults};

/// A way with what each of three rounds took.
fn way(who: &str, threads: usize, nanos: [f64; 3]) -> WayResults {
    WayResults {
        who: who.to_owned(),
        threads,
        nanos: nanos.into(),
        ..WayResults::default()
    }
}

/// A workload of two ways on one thread, of which the pipeline takes so many nanoseconds.
pub(super) fn small(name: &str, own: f64, hand: f64) -> WorkloadResults {
    WorkloadResults {
        name: name.to_owned(),
        question: "something".to_owned(),
        records: 1_000,
        commit: "abc1234".to_owned(),
        keys: None,
        ways: vec![way("stream!", 1, [own; 3]), way("hand", 1, [hand; 3])],
    }
}

/// Results of a few workloads.
pub(super) fn results() -> Results {
    let mut ways = vec![
        way("stream!", 1, [10.0; 3]),
        way("stream!", 2, [5.0; 3]),
        way("hand", 1, [12.0, 11.0, 13.0]),
        way("hand", 2, [7.0, 6.5, 7.5]),
    ];
    (ways[0].instructions, ways[0].peak) = (Some(100.0), Some(1 << 20));
    (ways[2].instructions, ways[2].peak) = (Some(120.0), Some(2 << 20));
    let large = WorkloadResults {
        name: "count_<b>".to_owned(),
        question: "how many <b> & c|d".to_owned(),
        records: 1_000_000,
        commit: "abc1234".to_owned(),
        keys: Some(100_000),
        ways,
    };
    Results {
        machine: Machine {
            cpu: "Some CPU <1>".to_owned(),
            cores: 2,
            commit: "abc1234".to_owned(),
            ..Machine::default()
        },
        workloads: vec![
            large,
            small("window_of_10", 10.0, 40.0),
            small("window_of_100", 20.0, 10.0),
        ],
        latencies: Vec::new(),
    }
}
