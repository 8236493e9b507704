use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.flatmap(|line| line.split_whitespace()).print();
        wrods.print();
        lines.count(1).print();
    }
);

fn main() {}
