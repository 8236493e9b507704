use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let lengths: Stream<u64> = lines.map(|line| line.len());
        lengths.print();
    }
);

fn main() {}
