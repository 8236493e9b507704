use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.reduce_by_key(|a, b| a.max(b).to_string()).print();
    }
);

fn main() {}
