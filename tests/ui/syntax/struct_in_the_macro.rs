use stream_runtime::prelude::*;

stream!(
    struct Event {
        len: usize,
    }

    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
