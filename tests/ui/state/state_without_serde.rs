use stream_runtime::prelude::*;

#[derive(Debug, Clone)]
struct Visits(u64);

stream!(
    #[checkpoint]
    fn pipeline(lines: Stream<&str>) {
        lines
            .map(|line| (line, 1))
            .map_with_state(|_time, line, _one, visits| {
                visits.update(Visits(1));
                Some(line)
            })
            .print();
    }
);

fn main() {}
