use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream) {
        lines.print();
    }
);

fn main() {}
