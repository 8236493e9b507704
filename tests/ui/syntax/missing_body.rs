use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>);
);

fn main() {}
