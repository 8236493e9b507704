use stream_runtime::prelude::*;

stream!(
    fn first(lines: Stream<&str>) {
        lines.print();
    }

    fn second(lines: Stream<&str>) {
        first(lines);
    }
);

fn main() {}
