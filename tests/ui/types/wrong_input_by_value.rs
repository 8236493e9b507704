use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.print();
    }
);

fn main() {
    let _ = pipeline(queue([["one", "two"]]));
}
