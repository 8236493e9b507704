use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.reduce_by_key(|a, b| a + b).print();
    }
);

fn main() {}
