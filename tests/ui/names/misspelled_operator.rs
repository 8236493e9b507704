use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.flatmap(|line| line.split_whitespace()).print();
    }
);

fn main() {}
