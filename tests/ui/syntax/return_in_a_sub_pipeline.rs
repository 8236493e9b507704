use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        words(lines).print();
    }

    fn words(lines: Stream<&str>) -> Stream<&str> {
        return lines.flat_map(|line| line.split_whitespace());
    }
);

fn main() {}
