use stream_runtime::prelude::*;

stream!(
    #[batch(5)]
    fn first(lines: Stream<&str>) {
        let words = lines.flat_map(|line| line.split_whitespace());
        lines.print();
    }

    fn second(pairs: Stream<(&str, u64)>) {
        pairs.reduceByKey(|a, b| a + b).print();
    }
);

fn main() {}
