use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>, table: std::collections::HashMap<String, u64>) {
        pairs.cogroup(table).print();
    }
);

fn main() {}
