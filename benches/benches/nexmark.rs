//! The queries of the Nexmark suite.
//!
//! `cargo bench -p stream-benches --features measure --bench nexmark`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    for workload in stream_benches::nexmark::workloads() {
        bench(criterion, &workload);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
