use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.to(stream_runtime::sink::collect());
    }
);

fn main() {}
