use stream_runtime::prelude::*;

stream!(
    fn pipeline(cars: Stream<&str>, from: BatchTime) {
        cars.slice(from, 9_000).print();
    }
);

fn main() {}
