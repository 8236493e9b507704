use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        long(lines, "ten").print();
    }

    fn long(lines: Stream<&str>, min: usize) -> Stream<&str> {
        lines.filter(|line| line.len() >= min)
    }
);

fn main() {}
