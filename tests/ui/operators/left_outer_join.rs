use stream_runtime::prelude::*;

stream!(
    fn pipeline(names: Stream<(u32, &str)>, visits: Stream<u32>) {
        names.left_outer_join(visits).print();
    }
);

fn main() {}
