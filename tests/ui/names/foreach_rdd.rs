use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines.foreachRDD(|batch| println!("{}", batch.count()));
    }
);

fn main() {}
