use stream_runtime::prelude::*;

stream!(
    #[checkpoint(each = 10s)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
