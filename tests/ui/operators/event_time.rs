use stream_runtime::prelude::*;

stream!(
    fn pipeline(clicks: Stream<(u8, u64)>, out: Sink<u64>) {
        let timed = clicks.event_time(|click| click.1, 5s);
        timed.map(|click| click.record.1).to(out);
    }
);

fn main() {}
