//! Runs one way of one workload for some batches: `batches WORKLOAD WAY COUNT`. Made for counting
//! instructions: the difference between two counts is the cost of the batches between. Prints the answer,
//! and how many records a batch has.

use stream_benches::workloads;
use stream_runtime::keep_freed_memory;

fn main() {
    keep_freed_memory();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [workload, way, count] = &args[..] else {
        panic!("usage: batches WORKLOAD WAY COUNT")
    };
    let workload = workloads()
        .into_iter()
        .find(|known| known.name == workload)
        .expect("a workload of this name");
    let way = workload.way(way).expect("a way of this name");
    let count = count.parse().expect("a number of batches");
    println!("{:x} {}", (way.run)(count).0, workload.records);
}
