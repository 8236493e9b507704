use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>, out: Sink<u64>) {
        numbers.inspect(|x| out.send(*x)).to(out);
    }
);

fn main() {}
