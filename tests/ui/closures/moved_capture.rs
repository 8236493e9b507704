use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, suffix: String) {
        lines.map(|_line| suffix).print();
    }
);

fn main() {}
