use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        shown(lines).print();
    }

    fn shown(lines: Stream<&str>) -> Stream<&str> {
        lines.print()
    }
);

fn main() {}
