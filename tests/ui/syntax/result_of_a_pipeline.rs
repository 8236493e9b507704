use stream_runtime::prelude::*;

stream!(
    pub fn pipeline(lines: Stream<&str>) -> Job {
        lines.print();
    }
);

fn main() {}
