use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.for_each_batch(|batch| println!("{}", batch.count()));
    }
);

fn main() {}
