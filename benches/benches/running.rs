//! State of very many keys.
//!
//! `cargo bench -p stream-benches --features measure --bench running`

use criterion::{Criterion, criterion_group, criterion_main};
use stream_benches::criterion::bench;

fn all(criterion: &mut Criterion) {
    bench(criterion, &stream_benches::running::of_a_million());
    bench(criterion, &stream_benches::running::of_ten_million());
    bench(criterion, &stream_benches::running::of_names());
}

criterion_group!(benches, all);
criterion_main!(benches);
