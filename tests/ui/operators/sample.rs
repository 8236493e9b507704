use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.sample(10).print();
    }
);

fn main() {}
