use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<u64>, limit: &u64) {
        lines.filter(|x| *x > *limit).print();
    }
);

fn main() {}
