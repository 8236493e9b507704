use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, out: Sink<u64>) {
        lines.to(out);
    }
);

fn main() {}
