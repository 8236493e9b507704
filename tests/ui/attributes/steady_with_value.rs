use stream_runtime::prelude::*;

stream!(
    #[steady(10ms)]
    fn pipeline(loads: Stream<f64>) {
        loads.reduce_by_window(|a, b| a + b, 30s).print();
    }
);

fn main() {}
