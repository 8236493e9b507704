use stream_runtime::prelude::*;

stream!(
    unsafe fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
