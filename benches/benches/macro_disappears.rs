//! The generated code beside the loop an expert would write: throughput of each way of each workload.
//!
//! `cargo bench -p stream-benches --features measure [-- WORKLOAD]`

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use criterion::{SamplingMode, measurement::WallTime};
use stream_benches::{Workload, workloads};

fn all(criterion: &mut Criterion) {
    for workload in workloads() {
        let mut group = criterion.benchmark_group(workload.name);
        group.throughput(Throughput::Elements(workload.records));
        group.sampling_mode(SamplingMode::Flat).sample_size(20);
        measure(&workload, &mut group);
        group.finish();
    }
}

fn measure(workload: &Workload, group: &mut BenchmarkGroup<'_, WallTime>) {
    workload.assert_ways_agree();
    for way in &workload.ways {
        group.bench_function(&way.name, |bencher| {
            bencher.iter_custom(|batches| (way.run)(batches).1.iter().sum());
        });
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
