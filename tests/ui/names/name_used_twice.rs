use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let words = lines.flat_map(|line| line.split_whitespace());
        let words = words.filter(|word| !word.is_empty());
        words.print();
    }
);

fn main() {}
