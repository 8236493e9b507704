use stream_runtime::prelude::*;

stream!(
    fn pipeline(limit: u64, out: Sink<u64>) {
        let _twice = limit * 2;
    }
);

fn main() {}
