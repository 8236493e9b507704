use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let more = lines.count() + 1;
        more.print();
    }
);

fn main() {}
