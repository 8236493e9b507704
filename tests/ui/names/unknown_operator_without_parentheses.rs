use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.cout.print();
    }
);

fn main() {}
