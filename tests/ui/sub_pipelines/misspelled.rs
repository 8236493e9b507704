use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let words = wrods(lines);
        words.print();
    }

    fn words_of(lines: Stream<&str>) -> Stream<&str> {
        lines.flat_map(|line| line.split_whitespace())
    }
);

fn main() {}
