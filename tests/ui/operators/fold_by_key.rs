use stream_runtime::prelude::*;

stream!(
    fn pipeline(prices: Stream<(&str, f64)>) {
        prices.fold_by_key(0, |a, b| a + b).print();
    }
);

fn main() {}
