use stream_runtime::prelude::*;

stream!(
    fn pipeline(names: Stream<(String, u64)>) {
        names.key_by(|pair| pair.0).print();
    }
);

fn main() {}
