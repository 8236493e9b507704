use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>, limit: u64) {
        numbers.filter(|x| *x > limit).print();
        let limit = limit * 2;
        numbers.filter(|x| *x > limit).count().print();
    }
);

fn main() {}
