use stream_runtime::prelude::*;

struct Event {
    len: usize,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| Event { len: line.len() })
            .repartition(4)
            .for_each_batch(|_, _| ());
    }
);

fn main() {}
