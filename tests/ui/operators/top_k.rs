use stream_runtime::prelude::*;

stream!(
    fn pipeline(prices: Stream<f64>) {
        prices.top_k(3).print();
    }
);

fn main() {}
