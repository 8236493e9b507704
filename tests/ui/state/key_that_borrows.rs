use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Key, Serialize, Deserialize)]
struct Page<'b> {
    site: &'b str,
    number: u32,
}

stream!(
    #[checkpoint]
    fn visits(lines: Stream<&str>) {
        lines
            .map(|site| (Page { site, number: 1 }, 1))
            .map_with_state(|_time, _page, one, visits| {
                visits.update(one.unwrap_or(0u64));
                None::<u64>
            })
            .state_snapshots()
            .map(|(page, visits)| page.number as u64 * visits)
            .print();
    }
);

fn main() {}
