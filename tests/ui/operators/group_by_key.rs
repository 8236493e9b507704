use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.group_by_key(|line| line.len()).print();
    }
);

fn main() {}
