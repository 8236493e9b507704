use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let _limit = 3;
    }
);

fn main() {}
