use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines) {
        lines.print();
    }
);

fn main() {}
