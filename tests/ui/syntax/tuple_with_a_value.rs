use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let (all, none) = both(lines);
        all.print();
        none.print();
    }

    fn both(lines: Stream<&str>) -> (Stream<&str>, Stream<&str>) {
        (lines, 3)
    }
);

fn main() {}
