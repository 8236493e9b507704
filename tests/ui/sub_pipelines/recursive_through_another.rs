use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        ping(lines).print();
    }

    fn ping(lines: Stream<&str>) -> Stream<&str> {
        pong(lines)
    }

    fn pong(lines: Stream<&str>) -> Stream<&str> {
        ping(lines)
    }
);

fn main() {}
