use stream_runtime::prelude::*;

stream!(
    fn pipeline(names: Stream<(u32, &str)>, cities: Stream<(u64, &str)>) {
        names.right_outer_join(cities).print();
    }
);

fn main() {}
