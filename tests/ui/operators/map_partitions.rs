use stream_runtime::prelude::*;

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.map_partitions(|numbers| [numbers.first()]).print();
    }
);

fn main() {}
