use stream_runtime::prelude::*;

stream!(
    fn pipeline(prices: Stream<f64>) {
        prices.distinct().print();
    }
);

fn main() {}
