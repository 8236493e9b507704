use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .flat_map(|line| line.split_whitespace())
            .map(|word| word.len())
            .reduce_by_key(|a, b| a + b)
            .filter(|(_, count)| *count > 1)
            .print();
    }
);

fn main() {}
