use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>, bad: Sink<u64>) {
        numbers(lines, bad).print();
    }

    fn numbers(lines: Stream<&str>, errors: Sink<String>) -> Stream<u64> {
        let (numbers, bad) = lines.try_map(|line| line.parse().map_err(|_| line.to_owned()));
        bad.to(errors);
        numbers
    }
);

fn main() {}
