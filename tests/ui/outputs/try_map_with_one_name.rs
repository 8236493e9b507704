use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let numbers = lines.try_map(|line| line.parse::<u64>());
        numbers.print();
    }
);

fn main() {}
