use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }

    fn pipeline(numbers: Stream<u64>) {
        numbers.print();
    }
);

fn main() {}
