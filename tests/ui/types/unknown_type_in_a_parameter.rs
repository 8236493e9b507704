use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&Evnt>) {
        lines.for_each_batch(|_, _| ());
    }
);

fn main() {}
