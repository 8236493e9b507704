use stream_runtime::prelude::*;

stream!(
    fn pipeline(names: Stream<&str>, cities: Stream<(u64, &str)>) {
        names.join(cities).print();
    }
);

fn main() {}
