use stream_runtime::prelude::*;

stream!(
    #[partitions]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
