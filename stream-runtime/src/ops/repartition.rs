//! `repartition`: deals the records out evenly to another number of partitions.

use crate::buckets::Records;
use crate::engine::{Buckets, Exchange};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Deals the records of each batch out to exactly `n` partitions, one after the other: each
    /// task deals its records so that any two partitions get the same number of them or differ by
    /// one.
    ///
    /// Use it to spread a batch of few large blocks over all cores, or before an output that
    /// writes one file for each partition.
    ///
    /// Shape: wide. The records of one task keep their order within each partition; a partitioning
    /// by key is lost. Memory: the records of the batch.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::TestRun;
    /// stream!(
    ///     fn three(xs: Stream<u64>, out: Sink<Vec<u64>>) {
    ///         xs.repartition(3).glom().to(out);
    ///     }
    /// );
    ///
    /// let rows = TestRun::new().partitions(1).run(three, [[1, 2, 3, 4]]);
    /// assert_eq!(rows, [[vec![1, 4], vec![2], vec![3]]]);
    /// ```
    ///
    /// # Errors
    ///
    /// The batch fails if `n` is zero.
    #[track_caller]
    pub fn repartition<'b>(self, n: usize) -> (Repartition, Stream<T>)
    where
        T: Exchange<'b>,
    {
        let site = Site::here("repartition");
        let checked = site.enter(); // takes the blame
        assert!(
            n > 0,
            "there is no partition for the records: ask for at least one"
        );
        checked.leave();
        (Repartition { site, n }, Stream::new())
    }
}

/// The kernel of [`Stream::repartition`].
#[derive(Debug)]
pub struct Repartition {
    /// Where the operator stands.
    pub site: Site,
    n: usize,
}

impl Repartition {
    /// As many partitions as the user asked for.
    pub fn width(&self, _: usize) -> usize {
        self.n
    }

    /// The records of one task.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, records: &mut Vec<T>, record: T) {
        records.push(record);
    }

    /// Deals the records of task `index` out.
    ///
    /// If all tasks have as many records as this one, each begins where the one before it has
    /// ended; otherwise they begin here and there, so that no partition is always the first.
    pub fn finish<T>(&self, records: Vec<T>, width: usize, index: usize) -> Buckets<T> {
        let first = index.wrapping_mul(records.len()) % width;
        let len = records.len().div_ceil(width);
        let mut buckets: Buckets<T> = (0..width).map(|_| Vec::with_capacity(len)).collect();
        let mut next = first;
        for record in records {
            buckets[next].push(record);
            next = if next + 1 == width { 0 } else { next + 1 };
        }
        buckets
    }

    /// The records of one partition.
    pub fn merge<T>(&self, records: Buckets<T>) -> impl Iterator<Item = T> {
        Records::of(records)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::sink::collect;
    use crate::testing::TestRun;

    stream!(
        fn dealt(xs: Stream<u64>, n: usize, out: Sink<Vec<u64>>) {
            xs.repartition(n).glom().to(out);
        }
    );

    #[test]
    fn exactly_n_partitions_of_even_size() {
        for (before, after) in (1..5).flat_map(|b| [1, 2, 5, 9].map(|a| (b, a))) {
            let run = TestRun::new().partitions(before);
            let rows = run.run(|xs, out| dealt(xs, after, out), [0..100, 0..0]);
            let sizes: Vec<usize> = rows[0].iter().map(Vec::len).collect();
            let (least, most) = (100 / after, 100usize.div_ceil(after));
            assert_eq!(sizes.len(), after);
            assert!(
                sizes
                    .iter()
                    .all(|size| (least.saturating_sub(before)..=most + before).contains(size)),
                "{before} to {after}: {sizes:?}"
            );
            let mut records = rows[0].concat();
            records.sort();
            assert_eq!(records, Vec::from_iter(0..100));
            assert_eq!(rows[1], vec![vec![0; 0]; after]);
        }
    }

    #[test]
    fn small_tasks_do_not_all_deal_to_the_first_partitions() {
        let run = TestRun::new().partitions(4);
        let rows = run.run(|xs, out| dealt(xs, 8, out), [(0..8).collect::<Vec<_>>()]);
        assert_eq!(rows, [Vec::from_iter((0..8).map(|x| vec![x]))]);
    }

    #[test]
    fn no_partition_is_an_error_at_the_call() {
        let error = TestRun::new().fails(|xs| dealt(xs, 0, collect().0), [[1]]);
        let text = error.to_string();
        assert!(
            text.contains("`repartition` at stream-runtime/src/ops/repartition.rs:"),
            "{text}"
        );
        assert!(text.contains("ask for at least one"), "{text}");
    }
}
