use stream_runtime::prelude::*;

struct Table(Vec<u64>);

stream!(
    fn pipeline(numbers: Stream<u64>) {
        known(numbers, Table(vec![1])).print();
    }

    fn known(numbers: Stream<u64>, table: Table) -> Stream<u64> {
        numbers.filter(|x| table.0.contains(x))
    }
);

fn main() {}
