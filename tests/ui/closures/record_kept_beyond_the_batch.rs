use stream_runtime::prelude::*;

use std::sync::Mutex;

stream!(
    fn pipeline(lines: Stream<&str>) {
        let seen: Mutex<Vec<&str>> = Mutex::new(Vec::new());
        lines.inspect(|line| seen.lock().unwrap().push(line)).print();
    }
);

fn main() {}
