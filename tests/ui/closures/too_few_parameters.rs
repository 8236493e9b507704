use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.reduce(|a| a).print();
    }
);

fn main() {}
