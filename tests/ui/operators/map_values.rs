use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map_values(|count| count + 1).print();
    }
);

fn main() {}
