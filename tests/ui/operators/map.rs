use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.map(|word, count| (word, count + 1)).print();
    }
);

fn main() {}
