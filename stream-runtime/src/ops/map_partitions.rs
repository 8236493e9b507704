//! `map_partitions`: any function from a partition's records to records.

use std::vec::IntoIter;

use crate::buckets::concat;
use crate::engine::Buckets;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Calls `f` once for each partition with an iterator over its records, and puts out
    /// everything in what it returns. Empty partitions are passed too.
    ///
    /// It is for work that pays once per partition instead of once per record: opening a
    /// connection, setting up a buffer, looking at neighbouring records.
    ///
    /// Shape: partition. Memory: the records of the batch are collected first; what `f` returns
    /// runs inside the loop of the next stage, so nothing is collected after it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::TestRun;
    /// stream!(
    ///     fn sums(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.map_partitions(|records| [records.sum::<u64>()]).to(out);
    ///     }
    /// );
    ///
    /// let rows = TestRun::new().partitions(2).run(sums, [[1, 2, 3, 4], [5, 6, 7, 8]]);
    /// assert_eq!(rows, [[3, 7], [11, 15]]);
    /// ```
    #[track_caller]
    pub fn map_partitions<I: IntoIterator, F: Fn(IntoIter<T>) -> I + Sync>(
        self,
        f: F,
    ) -> (MapPartitions<F>, Stream<I::Item>) {
        (
            MapPartitions {
                site: Site::here("map_partitions"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::map_partitions`].
#[derive(Debug)]
pub struct MapPartitions<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> MapPartitions<F> {
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

    /// What comes out for one partition.
    pub fn merge<T, I: IntoIterator>(&self, records: Buckets<T>) -> I::IntoIter
    where
        F: Fn(IntoIter<T>) -> I,
    {
        (self.f)(concat(records).into_iter()).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn numbered(words: Stream<&str>, out: Sink<(usize, &str)>) {
            words.map_partitions(|records| records.enumerate()).to(out);
        }

        fn counted(xs: Stream<u64>, out: Sink<usize>) {
            xs.map_partitions(|records| Some(records.count())).to(out);
        }
    );

    #[test]
    fn records_stand_in_their_order_and_partition() {
        let run = TestRun::new().partitions(2);
        let rows = run.run(numbered, [vec!["a", "b", "c", "d"], vec![]]);
        let expected = [(0, "a"), (1, "b"), (0, "c"), (1, "d")].map(|(at, word)| (at, word.into()));
        assert_eq!(rows, [expected.to_vec(), vec![]]);
    }

    #[test]
    fn empty_partitions_are_passed_too() {
        let run = TestRun::new().partitions(3);
        assert_eq!(run.run(counted, [vec![], vec![1]]), [[0, 0, 0], [0, 0, 1]]);
    }
}
