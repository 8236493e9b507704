//! Criterion's measurements of a workload, one way after the other.

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};
use stream_runtime::keep_freed_memory;

use crate::contest::Workload;

/// Checks that all ways of a workload agree, and measures each.
pub fn bench(criterion: &mut Criterion, workload: &Workload) {
    keep_freed_memory();
    workload.assert_ways_agree();
    let mut group = criterion.benchmark_group(workload.name);
    group.throughput(Throughput::Elements(workload.records));
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    ways(workload, &mut group);
    group.finish();
}

fn ways(workload: &Workload, group: &mut BenchmarkGroup<'_, WallTime>) {
    for way in &workload.ways {
        group.bench_function(way.to_string(), |bencher| {
            bencher.iter_custom(|batches| {
                let mut left = batches;
                let mut time = std::time::Duration::ZERO;
                while left > 0 {
                    let run = left.min(workload.batches);
                    time += (way.run)(run).1.iter().sum::<std::time::Duration>();
                    left -= run;
                }
                time
            });
        });
    }
}
