use stream_runtime::prelude::*;

use std::rc::Rc;

stream!(
    fn pipeline(lines: Stream<u64>, limit: Rc<u64>) {
        lines.filter(|x| *x > *limit).print();
    }
);

fn main() {}
