use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.transform(|batch| batch.count()).print();
    }
);

fn main() {}
