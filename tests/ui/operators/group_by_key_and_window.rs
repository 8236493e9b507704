use stream_runtime::prelude::*;

stream!(
    fn pipeline(visits: Stream<(&str, u64)>, other: Stream<(&str, u64)>) {
        visits
            .group_by_key_and_window(30s, 10s)
            .join(other.group_by_key_and_window(30s, 15s))
            .print();
    }
);

fn main() {}
