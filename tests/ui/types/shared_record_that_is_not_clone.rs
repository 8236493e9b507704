use stream_runtime::prelude::*;

struct Event {
    len: usize,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        let events = lines.map(|line| Event { len: line.len() });
        events.map(|event| event.len).print();
        events.map(|event| event.len + 1).print();
    }
);

fn main() {}
