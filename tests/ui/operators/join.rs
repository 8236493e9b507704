use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>, spam: Broadcast<Vec<String>>) {
        pairs.join(spam).print();
    }
);

fn main() {}
