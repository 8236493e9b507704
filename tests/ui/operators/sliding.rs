use stream_runtime::prelude::*;

stream!(
    #[checkpoint]
    fn pipeline(clicks: Stream<(u8, u64)>, out: Sink<u64>) {
        let timed = clicks.event_time(|click| BatchTime::from_millis(click.1), 5s);
        let amounts = timed.map(|click| (click.0, click.map(|click| click.1)));
        let (sums, _) = amounts.sliding(10s, 30s, |a, b| a + b);
        sums.map(|(_, sum)| sum.value).to(out);
    }
);

fn main() {}
