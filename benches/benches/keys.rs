//! Keys that are not as kind as words.
//!
//! `cargo bench -p stream-benches --features measure --bench keys`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::key_counts::of_skewed());
    bench(criterion, &stream_benches::key_counts::of_distinct());
}

criterion_group!(benches, all);
criterion_main!(benches);
