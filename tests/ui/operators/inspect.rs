use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        let mut sum = 0;
        numbers.inspect(|x| sum += x).print();
    }
);

fn main() {}
