use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.to("out.txt");
    }
);

fn main() {}
