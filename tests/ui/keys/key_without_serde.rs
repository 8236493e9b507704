use stream_runtime::prelude::*;

#[derive(Clone, PartialEq, Eq, Hash, stream_runtime::Key)]
struct Host {
    name: String,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| (Host { name: line.to_owned() }, 1u64))
            .reduce_by_key(|a, b| a + b)
            .for_each_batch(|_, _| ());
    }
);

fn main() {}
