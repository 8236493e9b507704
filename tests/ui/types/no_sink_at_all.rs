use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, out: Sink<&str>) {
        lines.to(out);
    }
);

fn main() {
    let _ = pipeline(queue([["one"]]), "out.txt");
}
