use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.count_by_window(30s, 10).print();
    }
);

fn main() {}
