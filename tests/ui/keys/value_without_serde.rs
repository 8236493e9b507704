use stream_runtime::prelude::*;

struct Total {
    sum: u64,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| (line, Total { sum: 1 }))
            .reduce_by_key(|a, b| Total { sum: a.sum + b.sum })
            .for_each_batch(|_, _| ());
    }
);

fn main() {}
