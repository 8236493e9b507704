use stream_runtime::prelude::*;

stream!(
    #[batch]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
