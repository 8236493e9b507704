//! The same sums over lines of CSV and over structs.
//!
//! `cargo bench -p stream-benches --features measure --bench text_or_structs`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::sales::of_text());
    bench(criterion, &stream_benches::sales::of_structs());
}

criterion_group!(benches, all);
criterion_main!(benches);
