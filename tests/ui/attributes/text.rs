use stream_runtime::prelude::*;

stream!(
    #[batch("1s")]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
