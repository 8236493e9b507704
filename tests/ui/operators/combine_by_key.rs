use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.combine_by_key(|x| (x, 1u64), |(sum, n), x| (sum + x, n + 1)).print();
    }
);

fn main() {}
