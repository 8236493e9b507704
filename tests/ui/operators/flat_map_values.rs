use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.flat_map_values(|line| line.split_whitespace()).print();
    }
);

fn main() {}
