use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.print();
        long(10).print();
    }

    fn long(lines: Stream<&str>) -> Stream<&str> {
        lines.filter(|line| line.len() >= 10)
    }
);

fn main() {}
