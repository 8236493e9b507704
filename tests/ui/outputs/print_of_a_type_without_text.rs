use stream_runtime::prelude::*;

struct Event {
    len: usize,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| Event { len: line.len() }).print();
    }
);

fn main() {}
