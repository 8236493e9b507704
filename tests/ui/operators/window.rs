use stream_runtime::prelude::*;

stream!(
    #[batch(2s)]
    fn pipeline(lines: Stream<&str>) {
        lines.window(5s, 4s).print();
    }
);

fn main() {}
