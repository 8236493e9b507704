use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>, limit: u64) {
        large(numbers.filter(|x| *x != limit)).print();
    }

    fn large(numbers: Stream<u64>) -> Stream<u64> {
        numbers.filter(|x| *x > limit)
    }
);

fn main() {}
