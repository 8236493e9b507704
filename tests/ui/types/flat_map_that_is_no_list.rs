use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.flat_map(|x| x + 1).print();
    }
);

fn main() {}
