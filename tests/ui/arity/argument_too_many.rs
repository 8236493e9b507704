use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.count(|line| line.len()).print();
    }
);

fn main() {}
