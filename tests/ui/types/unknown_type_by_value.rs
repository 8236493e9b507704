use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, limit: Limt) {
        lines.for_each_batch(|_, _| ());
    }
);

fn main() {}
