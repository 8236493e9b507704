use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.map(|a, b| a + b).print();
    }
);

fn main() {}
