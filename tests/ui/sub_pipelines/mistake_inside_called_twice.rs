use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        words(lines).print();
        words(lines).count().print();
    }

    fn words(lines: Stream<&str>) -> Stream<&str> {
        lines.flatmap(|line| line.split_whitespace())
    }
);

fn main() {}
