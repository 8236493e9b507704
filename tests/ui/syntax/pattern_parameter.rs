use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<u64>, (low, high): (u64, u64)) {
        lines.filter(|x| *x > low && *x < high).print();
    }
);

fn main() {}
