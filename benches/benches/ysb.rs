//! The Yahoo Streaming Benchmark.
//!
//! `cargo bench -p stream-benches --features measure --bench ysb`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::ysb::of_structs());
    bench(criterion, &stream_benches::ysb::of_json());
}

criterion_group!(benches, all);
criterion_main!(benches);
