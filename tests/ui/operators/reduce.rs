use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.reduce(|sum| sum + 1).print();
    }
);

fn main() {}
