use stream_runtime::prelude::*;

stream!(
    fn errors(lines: Stream<&str>, pattern: &'static str) {
        lines.filter(|line| line.contains(patern)).print();
    }
);

fn main() {}
