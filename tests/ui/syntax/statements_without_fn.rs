use stream_runtime::prelude::*;

stream!(
    let words = lines.flat_map(|line| line.split_whitespace());
    words.print();
);

fn main() {}
