use stream_runtime::prelude::*;

stream!(
    fn pipeline(prices: Stream<f64>) {
        prices.map(|price| (price, 1u64)).reduce_by_key(|a, b| a + b).print();
    }
);

fn main() {}
