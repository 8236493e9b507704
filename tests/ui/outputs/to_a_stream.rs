use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, words: Stream<&str>) {
        lines.to(words);
    }
);

fn main() {}
