use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.fold(|a, b| a + b, 0).print();
    }
);

fn main() {}
