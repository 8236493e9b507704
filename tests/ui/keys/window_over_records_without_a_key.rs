use stream_runtime::prelude::*;

stream!(
    #[checkpoint]
    fn pipeline(clicks: Stream<(u8, u64)>, out: Sink<u64>) {
        let timed = clicks.event_time(|click| BatchTime::from_millis(click.1), 5s);
        let (sums, _) = timed.tumbling(10s, |a, _| a);
        sums.map(|(_, sum)| sum.value.1).to(out);
    }
);

fn main() {}
