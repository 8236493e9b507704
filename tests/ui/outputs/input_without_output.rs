use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, numbers: Stream<u64>) {
        lines.print();
    }
);

fn main() {}
