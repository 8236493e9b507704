use stream_runtime::prelude::*;

stream!(
    fn pipeline(pairs: Stream<(&str, u64)>) {
        pairs.print();
    }
);

fn main() {
    let _ = pipeline(queue([[("one", "two")]]));
}
