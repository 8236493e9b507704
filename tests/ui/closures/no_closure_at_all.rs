use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.map(1).print();
    }
);

fn main() {}
