use stream_runtime::prelude::*;

stream!(
    fn pipeline(words: Stream<&str>) {
        words.reduce_by_key_and_window(|a, b| a + b, 30s, 10s).print();
    }
);

fn main() {}
