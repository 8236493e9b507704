use stream_runtime::prelude::*;

stream!(
    fn pipeline(&self, lines: Stream<&str>) {
        lines.print();
    }
);

fn main() {}
