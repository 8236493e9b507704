use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.flat_map(|line| line.to_lowercase().split(' ')).print();
    }
);

fn main() {}
