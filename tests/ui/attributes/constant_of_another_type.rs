use stream_runtime::prelude::*;

const SECONDS: u64 = 1;

stream!(
    #[batch(SECONDS)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
