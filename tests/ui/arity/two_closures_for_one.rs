use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.reduce_by_key(|a, b| a + b, |a, b| a - b).print();
    }
);

fn main() {}
