//! Word count of each batch.
//!
//! `cargo bench -p stream-benches --features measure --bench word_count`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::word_count::workload());
}

criterion_group!(benches, all);
criterion_main!(benches);
