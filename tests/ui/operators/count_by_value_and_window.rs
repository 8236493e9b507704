use stream_runtime::prelude::*;

stream!(
    fn pipeline(prices: Stream<f64>) {
        prices.count_by_value_and_window(30s, 10s).print();
    }
);

fn main() {}
