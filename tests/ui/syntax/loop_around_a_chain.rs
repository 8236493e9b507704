use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        for n in 0..3 {
            lines.filter(|line| line.len() > n).print();
        }
    }
);

fn main() {}
