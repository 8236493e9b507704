use stream_runtime::prelude::*;

stream!(
    fn pipeline(loads: Stream<f64>) {
        loads.reduce_by_window(|a, b| a + b, |a, b| a - b, 30s, 10s).print();
    }
);

fn main() {}
