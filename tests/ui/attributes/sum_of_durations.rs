use stream_runtime::prelude::*;

stream!(
    #[batch(1s + 500ms)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
