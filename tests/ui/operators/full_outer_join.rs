use stream_runtime::prelude::*;

stream!(
    fn pipeline(names: Stream<(u32, &str)>) {
        names.full_outer_join().print();
    }
);

fn main() {}
