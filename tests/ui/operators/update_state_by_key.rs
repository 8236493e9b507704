use stream_runtime::prelude::*;

stream!(
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| (line, 1))
            .update_state_by_key(|ones: &[u64], count: Option<u64>| {
                Some(count.unwrap_or(0) + ones.iter().sum::<u64>())
            })
            .print();
    }
);

fn main() {}
