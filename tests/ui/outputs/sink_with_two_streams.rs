use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, out: Sink<&str>) {
        lines.to(out);
        lines.filter(|line| line.len() > 80).to(out);
    }
);

fn main() {}
