use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let path = "out";
        lines.to(path);
    }
);

fn main() {}
