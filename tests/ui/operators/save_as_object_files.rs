use stream_runtime::prelude::*;

struct Event {
    len: usize,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.map(|line| Event { len: line.len() }).save_as_object_files("out/events", "bin");
    }
);

fn main() {}
