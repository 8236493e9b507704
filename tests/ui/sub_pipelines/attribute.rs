use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        words(lines).print();
    }

    #[batch(1s)]
    fn words(lines: Stream<&str>) -> Stream<&str> {
        lines.flat_map(|line| line.split_whitespace())
    }
);

fn main() {}
