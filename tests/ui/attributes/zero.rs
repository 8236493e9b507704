use stream_runtime::prelude::*;

stream!(
    #[batch(0s)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
