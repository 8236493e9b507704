use stream_runtime::prelude::*;

stream!(
    async fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
