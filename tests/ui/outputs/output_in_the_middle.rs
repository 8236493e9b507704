use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.print().map(|line| line.len()).print();
    }
);

fn main() {}
