use stream_runtime::prelude::*;

stream!(
    #[checkpoint]
    fn visits(lines: Stream<&str>) {
        lines
            .map(|line| (line, 1))
            .map_with_state(
                |_time, line, one, visits| {
                    visits.update(one.unwrap_or(0u64));
                    Some(line)
                },
                StateSpec::new().initial([(1, "one")]).timeout(30s),
            )
            .print();
    }
);

fn main() {}
