//! Windows from as long as their slide to 3,600 times as long.
//!
//! `cargo bench -p stream-benches --features measure --bench window_lengths`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(
        criterion,
        &stream_benches::windows::of_length::<1>("window_of_1"),
    );
    bench(
        criterion,
        &stream_benches::windows::of_length::<10>("window_of_10"),
    );
    bench(
        criterion,
        &stream_benches::windows::of_length::<60>("window_of_60"),
    );
    bench(
        criterion,
        &stream_benches::windows::of_length::<600>("window_of_600"),
    );
    bench(
        criterion,
        &stream_benches::windows::of_length::<3_600>("window_of_3600"),
    );
}

criterion_group!(benches, all);
criterion_main!(benches);
