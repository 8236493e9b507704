use stream_runtime::prelude::*;

use std::cell::Cell;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let seen = Cell::new(0);
        lines.inspect(|_| seen.set(seen.get() + 1)).print();
    }
);

fn main() {}
