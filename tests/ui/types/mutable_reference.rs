use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&mut String>) {
        lines.for_each_batch(|_, _| ());
    }
);

fn main() {}
