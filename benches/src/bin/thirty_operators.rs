//! A pipeline of thirty operators, for measuring what compiling one costs: `benches/build_cost.sh`.

use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;

stream!(
    /// What a shop learns from the log of its web server and from its payments.
    fn shop(log: Stream<&str>, payments: Stream<(u64, u64)>, bad: Accumulator<Count>) {
        let (requests, broken) = log.filter(|line| !line.is_empty()).try_map(Request::parse);
        broken.for_each_batch(|lines, _| lines.for_each(|_| bad.add(())));

        let served = requests.filter(|request| request.status < 400);
        let failed = requests.filter(|request| request.status >= 500);
        failed
            .map(|request| (request.path, 1u64))
            .reduce_by_key(|a, b| a + b)
            .map(|(path, errors)| (errors, path))
            .top_k(10)
            .print();

        let visits = served.key_by(|request| request.user);
        visits
            .map_values(|request| request.bytes)
            .fold_by_key(0, |a, b| a + b)
            .filter(|(_, bytes)| *bytes > 1 << 30)
            .print();
        served
            .flat_map(|request| request.path.split('/'))
            .count_by_value()
            .sort_by(|a, b| b.1.cmp(&a.1))
            .take(20)
            .print();

        let paid = payments
            .filter(|(_, cents)| *cents > 0)
            .reduce_by_key(|a, b| a + b);
        visits
            .map_values(|_| 1u64)
            .reduce_by_key(|a, b| a + b)
            .left_outer_join(paid)
            .map_values(|(visits, cents)| cents.unwrap_or(0) / visits)
            .print();
        paid.map(|(_, cents)| cents).reduce(|a, b| a + b).print();
    }
);

/// A line `user path status bytes`.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Request<'b> {
    user: u64,
    path: &'b str,
    status: u16,
    bytes: u64,
}

impl<'b> Request<'b> {
    fn parse(line: &'b str) -> Result<Self, &'b str> {
        let mut words = line.split(' ');
        let request = (|| {
            Some(Self {
                user: words.next()?.parse().ok()?,
                path: words.next()?,
                status: words.next()?.parse().ok()?,
                bytes: words.next()?.parse().ok()?,
            })
        })();
        request.ok_or(line)
    }
}

fn main() -> stream_runtime::Result<()> {
    let log: Queue<&str> = queue([vec!["1 /shoes/red 200 512", "2 /shoes/blue 503 0", "?"]]);
    let payments = queue([vec![(1, 4_990)]]);
    let bad = Accumulator::named("bad lines");
    shop(log, payments, bad).max_batches(1).run().map(drop)
}
