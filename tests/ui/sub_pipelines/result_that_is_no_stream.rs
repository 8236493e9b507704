use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| len(line)).print();
    }

    fn len(line: &str) -> usize {
        line.len()
    }
);

fn main() {}
