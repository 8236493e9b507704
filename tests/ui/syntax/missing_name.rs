use stream_runtime::prelude::*;

stream!(
    fn (lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
