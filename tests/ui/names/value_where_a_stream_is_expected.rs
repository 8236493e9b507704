use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<(&str, u64)>, limit: u64) {
        lines.join(limit).print();
    }
);

fn main() {}
