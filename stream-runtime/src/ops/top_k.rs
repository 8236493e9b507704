//! `top_k`: the greatest records of each batch.

use crate::buckets::concat;
use crate::engine::{Buckets, Exchange};
use crate::greatest::Greatest;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Keeps the `k` greatest records of each batch by `Ord`, the greatest first; among equal ones
    /// those that come first in the order of the partitions.
    ///
    /// For the least, wrap what is compared in [`Reverse`](std::cmp::Reverse); to compare by
    /// something else, put it first in a tuple. For a whole batch in order use
    /// [`sort_by`](Self::sort_by).
    ///
    /// Shape: wide, to one partition. Memory: at most `k` records per task, in a heap. Cost: one
    /// comparison for a record that is not among the greatest so far, some log₂ k for one that is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn most_frequent(words: Stream<&str>, out: Sink<(u64, &str)>) {
    ///         words.count_by_value().map(|(word, count)| (count, word)).top_k(1).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(most_frequent, [vec!["to", "be", "or", "not", "to"], vec![]]);
    /// assert_eq!(rows, [vec![(2, "to".into())], vec![]]);
    /// ```
    #[track_caller]
    pub fn top_k<'b>(self, k: usize) -> (TopK, Stream<T>)
    where
        T: Ord + Exchange<'b>,
    {
        (
            TopK {
                site: Site::here("top_k"),
                k,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::top_k`].
#[derive(Debug)]
pub struct TopK {
    /// Where the operator stands.
    pub site: Site,
    k: usize,
}

impl TopK {
    /// All records that may be kept meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
    }

    /// The greatest records of one task.
    pub fn local<T: Ord>(&self) -> Greatest<T> {
        Greatest::new()
    }

    /// Takes in one record, if it is among the greatest so far.
    #[inline(always)]
    pub fn push<T: Ord>(&self, greatest: &mut Greatest<T>, record: T) {
        greatest.offer(record, self.k);
    }

    /// Hands the records over, the greatest first.
    pub fn finish<T: Ord>(&self, greatest: Greatest<T>, _: usize) -> Buckets<T> {
        vec![greatest.into_descending()]
    }

    /// The greatest records of all tasks. The sort is stable, so the order of the tasks decides
    /// between equal records; it finds the sorted runs and merges them.
    pub fn merge<T: Ord>(&self, runs: Buckets<T>) -> impl Iterator<Item = T> {
        let mut records = concat(runs);
        records.sort_by(|a, b| b.cmp(a));
        records.into_iter().take(self.k)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn greatest(xs: Stream<u64>, k: usize, out: Sink<u64>) {
            xs.top_k(k).to(out);
        }
    );

    #[test]
    fn the_greatest_in_descending_order_whatever_the_partitions() {
        let batch: Vec<u64> = (0..100).map(|x| x * 37 % 101).collect();
        let mut sorted = batch.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        for (partitions, k) in (1..5).flat_map(|p| [0, 1, 7, 100, 1000].map(|k| (p, k))) {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run(
                |xs, out| greatest(xs, k, out),
                [batch.clone(), vec![], vec![3, 3]],
            );
            let expected = [sorted.clone(), vec![], vec![3, 3]]
                .map(|row| row.into_iter().take(k).collect::<Vec<_>>());
            assert_eq!(rows, expected, "{partitions} partitions, the first {k}");
        }
    }
}
