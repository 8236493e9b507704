use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let lengths = lines.map(|line| line.len());
        lenghts.print();
    }
);

fn main() {}
