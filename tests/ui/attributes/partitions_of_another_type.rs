use stream_runtime::prelude::*;

stream!(
    #[partitions("four")]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
