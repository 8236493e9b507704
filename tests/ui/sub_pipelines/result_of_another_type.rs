use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lengths(lines).print();
    }

    fn lengths(lines: Stream<&str>) -> Stream<u64> {
        lines.map(|line| line.len())
    }
);

fn main() {}
