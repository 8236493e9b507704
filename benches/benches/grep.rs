//! Grep: how fast lines are searched.
//!
//! `cargo bench -p stream-benches --features measure --bench grep`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::grep::workload());
}

criterion_group!(benches, all);
criterion_main!(benches);
