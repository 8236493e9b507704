use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        long(numbers).print();
    }

    fn long(lines: Stream<&str>) -> Stream<&str> {
        lines.filter(|line| line.len() >= 10)
    }
);

fn main() {}
