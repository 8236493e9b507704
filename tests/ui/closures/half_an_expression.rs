use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.map(|x| x +).print();
    }
);

fn main() {}
