use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let shown = lines.print();
    }
);

fn main() {}
