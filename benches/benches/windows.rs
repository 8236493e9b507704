//! Sliding windows, with an inverse and with a maximum.
//!
//! `cargo bench -p stream-benches --features measure --bench windows`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::windows::of_words());
    bench(criterion, &stream_benches::windows::of_maximum());
}

criterion_group!(benches, all);
criterion_main!(benches);
