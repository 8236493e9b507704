use stream_runtime::prelude::*;

stream!(
    #[checkpoint]
    fn pipeline(lines: Stream<&str>) {
        let counts = lines.map(|line| (line, 1)).reduce_by_key(|a, b| a + b);
        counts.state_snapshots().print();
    }
);

fn main() {}
