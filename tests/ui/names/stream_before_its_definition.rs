use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        words.print();
        let words = lines.flat_map(|line| line.split_whitespace());
        words.print();
    }
);

fn main() {}
