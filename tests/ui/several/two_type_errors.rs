use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| line.lenght()).print();
        lines.filter(|line| line.len()).print();
    }
);

fn main() {}
