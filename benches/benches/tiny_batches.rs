//! Batches of a record, of ten, and of a hundred.
//!
//! `cargo bench -p stream-benches --features measure --bench tiny_batches`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(
        criterion,
        &stream_benches::tiny::workload::<1>("batches_of_1"),
    );
    bench(
        criterion,
        &stream_benches::tiny::workload::<10>("batches_of_10"),
    );
    bench(
        criterion,
        &stream_benches::tiny::workload::<100>("batches_of_100"),
    );
}

criterion_group!(benches, all);
criterion_main!(benches);
