//! What is left of three stages over numbers.
//!
//! `cargo bench -p stream-benches --features measure --bench numeric`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::numeric::workload());
}

criterion_group!(benches, all);
criterion_main!(benches);
