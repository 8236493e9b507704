use stream_runtime::prelude::*;

stream!(
    #[batch(5sec)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
