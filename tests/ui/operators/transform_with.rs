use stream_runtime::prelude::*;

stream!(
    fn pipeline(left: Stream<u64>, right: Stream<u64>) {
        left.transform_with(right).print();
    }
);

fn main() {}
