use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let lines = lines.filter(|line| !line.is_empty());
        lines.print();
    }
);

fn main() {}
