use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| line.parse::<u64>()? + 1).print();
    }
);

fn main() {}
