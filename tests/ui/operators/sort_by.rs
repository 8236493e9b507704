use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.sort_by(|a, b| a < b).print();
    }
);

fn main() {}
