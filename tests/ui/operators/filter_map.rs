use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.filter_map(|line| line.parse::<u64>()).print();
    }
);

fn main() {}
