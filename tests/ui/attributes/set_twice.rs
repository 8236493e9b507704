use stream_runtime::prelude::*;

stream!(
    #[batch(1s)]
    #[batch(2s)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
