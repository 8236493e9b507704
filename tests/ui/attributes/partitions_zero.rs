use stream_runtime::prelude::*;

stream!(
    #[partitions(0)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
