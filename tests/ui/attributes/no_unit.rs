use stream_runtime::prelude::*;

stream!(
    #[batch(5)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
