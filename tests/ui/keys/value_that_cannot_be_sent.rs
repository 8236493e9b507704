use stream_runtime::prelude::*;

use std::rc::Rc;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| (line, Rc::new(1u64)))
            .reduce_by_key(|a, _| a)
            .for_each_batch(|_, _| ());
    }
);

fn main() {}
