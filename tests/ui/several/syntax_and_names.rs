use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.print()
        lines.cuont().print();
        lnies.print();
    }
);

fn main() {}
