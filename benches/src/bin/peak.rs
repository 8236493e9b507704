//! Runs one way of one workload, `peak WORKLOAD WAY`, and prints how many bytes it had asked of the
//! allocator at its peak above what was there before, and how many keys it keeps from batch to batch (0 if
//! it is not a pipeline).
//!
//! A first run over one batch makes the data, and threads that stay. Then the peak is reset, and a run over
//! three batches counts: all that it needs beside the data is its own, state that it begins with as well.

use peak_alloc::PeakAlloc;
use stream_benches::contest::keys_kept;
use stream_benches::workloads;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const BATCHES: u64 = 3;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [workload, way] = &args[..] else {
        panic!("usage: peak WORKLOAD WAY")
    };
    let workload = workloads()
        .into_iter()
        .find(|known| known.name == workload)
        .expect("a workload of this name");
    let way = workload.way(way).expect("a way of this name");
    (way.run)(1);
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    (way.run)(BATCHES.min(workload.batches));
    let peak = MEMORY.peak_usage().saturating_sub(before);
    println!("{peak} {}", keys_kept());
}
