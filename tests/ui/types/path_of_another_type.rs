use stream_runtime::prelude::*;

fn double(x: u64) -> u64 {
    x * 2
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(double).print();
    }
);

fn main() {}
