use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        return lines.print();
    }
);

fn main() {}
