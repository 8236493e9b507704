//! `persist`: computes a stream once and keeps its records for all that use it.

use crate::buckets::Records;
use crate::engine::Buckets;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Ends the stage here: the records are put into a buffer, and what follows reads them from
    /// there.
    ///
    /// A stream that several operators use is computed once without it as well, as one loop that
    /// feeds them all. Put a `persist` before them where that loop would become too large for the
    /// instruction cache, or to see the cost of what comes before and after it apart.
    ///
    /// Shape: partition. Order, partitions and a partitioning by key are kept. Memory: the records
    /// of the batch, until the batch is done.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn both(xs: Stream<u64>, out: Sink<u64>) {
    ///         let squares = xs.map(|x| x * x).persist();
    ///         squares.union(squares.map(|x| x + 1)).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(both, [[1, 2, 3]]), [[1, 4, 9, 2, 5, 10]]);
    /// ```
    #[track_caller]
    pub fn persist(self) -> (Persist, Stream<T>) {
        (
            Persist {
                site: Site::here("persist"),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::persist`].
#[derive(Debug)]
pub struct Persist {
    /// Where the operator stands.
    pub site: Site,
}

impl Persist {
    /// The records of one task.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, records: &mut Vec<T>, record: T) {
        records.push(record);
    }

    /// Hands the records over.
    pub fn finish<T>(&self, records: Vec<T>, _: usize) -> Buckets<T> {
        vec![records]
    }

    /// The records again.
    pub fn merge<T>(&self, records: Buckets<T>) -> impl Iterator<Item = T> {
        Records::of(records)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn kept(xs: Stream<u64>, computed: Accumulator<Count>, out: Sink<Vec<u64>>) {
            let kept = xs.inspect(|_| computed.add(())).persist();
            kept.glom().union(kept.map(|x| x * 10).glom()).to(out);
        }
    );

    #[test]
    fn computed_once_with_order_and_partitions_kept() {
        let computed = Accumulator::named("computed");
        let run = TestRun::new().partitions(2);
        let rows = run.run(
            |xs, out| kept(xs, computed.clone(), out),
            [vec![3, 1, 2], vec![]],
        );
        assert_eq!(
            rows,
            [
                vec![vec![3], vec![1, 2], vec![30], vec![10, 20]],
                vec![vec![]; 4]
            ]
        );
        assert_eq!(computed.value(), 3);
    }
}
