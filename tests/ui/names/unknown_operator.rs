use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.frobnicate().print();
    }
);

fn main() {}
