use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| (line, line.len(), 1u64)).reduce_by_key(|a, b| a + b).print();
    }
);

fn main() {}
