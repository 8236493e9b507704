use stream_runtime::prelude::*;

#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
struct Host {
    name: String,
}

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| Host { name: line.to_owned() })
            .count_by_value()
            .for_each_batch(|_, _| ());
    }
);

fn main() {}
