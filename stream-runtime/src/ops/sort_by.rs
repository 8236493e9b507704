//! `sort_by`: the records of each batch in order.

use std::cmp::Ordering;

use crate::buckets::concat;
use crate::engine::{Buckets, Exchange};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Sorts the records of each batch with `compare`, as one partition.
    ///
    /// The sort is stable: equal records stay in the order of the partitions. `compare` must be a
    /// total order. For the first few only, [`top_k`](Self::top_k) needs far less memory.
    ///
    /// Shape: wide, to one partition; each task sorts what it has, side by side, and the sorted
    /// runs are merged. Memory: the records of the batch.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn longest_first(words: Stream<&str>, out: Sink<&str>) {
    ///         words.sort_by(|a, b| b.len().cmp(&a.len())).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(longest_first, [["to", "question", "be", "not"]]), [["question", "not", "to", "be"]]);
    /// ```
    #[track_caller]
    pub fn sort_by<'b, F>(self, compare: F) -> (SortBy<F>, Stream<T>)
    where
        T: Exchange<'b>,
        F: Fn(&T, &T) -> Ordering + Sync,
    {
        (
            SortBy {
                site: Site::here("sort_by"),
                compare,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::sort_by`].
#[derive(Debug)]
pub struct SortBy<F> {
    /// Where the operator stands.
    pub site: Site,
    compare: F,
}

impl<F> SortBy<F> {
    /// All records meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
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

    /// Sorts the records of the task, and hands them over.
    pub fn finish<T>(&self, mut records: Vec<T>, _: usize) -> Buckets<T>
    where
        F: Fn(&T, &T) -> Ordering,
    {
        self.sort(&mut records);
        vec![records]
    }

    /// Merges the sorted runs of the tasks: the standard sort finds runs and merges them, with
    /// about one comparison per record and per doubling of the runs.
    pub fn merge<T>(&self, runs: Buckets<T>) -> impl Iterator<Item = T>
    where
        F: Fn(&T, &T) -> Ordering,
    {
        let one_run = runs.len() == 1;
        let mut records = concat(runs);
        if !one_run {
            self.sort(&mut records);
        }
        records.into_iter()
    }

    /// Sorts; the user's comparison takes the blame for a panic.
    fn sort<T>(&self, records: &mut [T])
    where
        F: Fn(&T, &T) -> Ordering,
    {
        let comparing = self.site.enter();
        records.sort_by(&self.compare);
        comparing.leave();
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn by_tens(xs: Stream<u64>, out: Sink<u64>) {
            xs.sort_by(|a, b| (a / 10).cmp(&(b / 10))).to(out);
        }
    );

    #[test]
    fn the_order_is_stable_whatever_the_partitions() {
        let batch: Vec<u64> = (0..200).map(|x| x * 89 % 211).collect();
        let mut sorted = batch.clone();
        sorted.sort_by_key(|x| x / 10);
        for partitions in 1..6 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run(by_tens, [batch.clone(), vec![], vec![25, 13, 21]]);
            assert_eq!(rows, [sorted.clone(), vec![], vec![13, 25, 21]]);
        }
    }
}
