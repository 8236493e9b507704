use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, limit: u64) {
        lines.take(limit).print();
    }
);

fn main() {}
