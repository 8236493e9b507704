use stream_runtime::prelude::*;

stream!(
    #[batch(99999999999999h)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
