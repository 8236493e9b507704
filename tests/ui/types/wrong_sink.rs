use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, out: Sink<&str>) {
        lines.to(out);
    }
);

fn main() {
    let (out, _collected) = stream_runtime::sink::collect::<u64>();
    let _ = pipeline(queue([["one"]]), out);
}
