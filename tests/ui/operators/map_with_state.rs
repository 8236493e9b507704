use stream_runtime::prelude::*;

stream!(
    #[checkpoint]
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| (line, 1))
            .map_with_state(|_time, _line, one, count| {
                *count.get_or_insert(0u64) += one.unwrap_or(0);
                *count.get()
            })
            .print();
    }
);

fn main() {}
