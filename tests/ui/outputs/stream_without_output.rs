use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let words = lines.flat_map(|line| line.split_whitespace());
        lines.print();
    }
);

fn main() {}
