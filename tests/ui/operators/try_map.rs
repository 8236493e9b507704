use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let (numbers, _) = lines.try_map(|line| line.len());
        numbers.print();
    }
);

fn main() {}
