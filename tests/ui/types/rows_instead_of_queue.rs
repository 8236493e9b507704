use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<u64>) {
        lines.print();
    }
);

fn main() {
    let _ = pipeline(vec![vec![1u64, 2]]);
}
