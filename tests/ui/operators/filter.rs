use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.filter(|x| x > 3).print();
    }
);

fn main() {}
