use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, limit: u64) {
        lines.print();
        limit.map(|x| x + 1).print();
    }
);

fn main() {}
