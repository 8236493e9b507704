use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.reduce_by_key(|_word, a, b| a + b).print();
    }
);

fn main() {}
