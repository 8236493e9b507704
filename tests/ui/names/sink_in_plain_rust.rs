use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>, out: Sink<u64>) {
        let writer = Some(out);
        numbers.to(out);
    }
);

fn main() {}
