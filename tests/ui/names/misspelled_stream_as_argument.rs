use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, others: Stream<&str>) {
        lines.union(others, ohters).print();
    }
);

fn main() {}
