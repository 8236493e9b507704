use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        words(lines).print();
        words(lines).count().print();
    }

    fn words(lines: Stream<&str>) -> Stream<&str> {
        let long = lines.filter(|line| line.len() >= 10);
        lines.flat_map(|line| line.split_whitespace())
    }
);

fn main() {}
