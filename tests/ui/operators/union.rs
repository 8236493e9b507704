use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>, lines: Stream<&str>) {
        numbers.union(lines).print();
    }
);

fn main() {}
