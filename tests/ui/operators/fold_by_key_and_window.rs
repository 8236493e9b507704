use stream_runtime::prelude::*;

stream!(
    fn pipeline(prices: Stream<(&str, f64)>) {
        prices.fold_by_key_and_window(0, |a, b| a + b, 30s).print();
    }
);

fn main() {}
