use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.reduceByKey(|a, b| a + b).print();
    }
);

fn main() {}
