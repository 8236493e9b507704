use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let count = Some(lines);
        lines.print();
    }
);

fn main() {}
