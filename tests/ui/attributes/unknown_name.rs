use stream_runtime::prelude::*;

stream!(
    #[bach(1s)]
    fn pipeline(lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
