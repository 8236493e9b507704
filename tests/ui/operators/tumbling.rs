use stream_runtime::prelude::*;

stream!(
    #[checkpoint]
    fn pipeline(clicks: Stream<(u8, u64)>, out: Sink<u64>) {
        let (sums, _) = clicks.tumbling(10s, |a, b| a + b);
        sums.map(|(_, sum)| sum.value).to(out);
    }
);

fn main() {}
