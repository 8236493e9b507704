use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, stop: Stream<&str>) {
        lines.filter(|line| stop.contains(line)).print();
        stop.print();
    }
);

fn main() {}
