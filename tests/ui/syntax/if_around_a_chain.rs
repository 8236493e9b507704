use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, verbose: bool) {
        if verbose {
            lines.print();
        }
        lines.count().print();
    }
);

fn main() {}
