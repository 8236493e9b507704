use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        again(lines).print();
    }

    fn again(lines: Stream<&str>) -> Stream<&str> {
        again(lines)
    }
);

fn main() {}
