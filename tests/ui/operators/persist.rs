use stream_runtime::prelude::*;

enum StorageLevel {
    MemoryOnly,
}

stream!(
    fn pipeline(numbers: Stream<u64>) {
        numbers.persist(StorageLevel::MemoryOnly).print();
    }
);

fn main() {}
