use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.count(|line| !line.is_empty()).print();
    }
);

fn main() {}
