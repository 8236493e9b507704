use stream_runtime::prelude::*;

fn double() -> u64 {
    2
}

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.map(double()).print();
    }
);

fn main() {}
