use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.map(|word, count| count).print();
    }
);

fn main() {}
