use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        let numbers = 3;
        numbers.print();
    }
);

fn main() {}
