use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| line.len());
        lines.print();
    }
);

fn main() {}
