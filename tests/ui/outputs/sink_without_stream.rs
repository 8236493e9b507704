use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, out: Sink<&str>) {
        lines.print();
    }
);

fn main() {}
