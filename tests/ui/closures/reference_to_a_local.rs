use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| {
                let upper = line.to_uppercase();
                upper.as_str()
            })
            .print();
    }
);

fn main() {}
