//! Record by record, and partition by partition.

use std::vec::IntoIter;

use crate::parallel;

use super::Batch;

impl<T: Send> Batch<T> {
    /// Applies `f` to each record.
    pub fn map<U: Send>(self, f: impl Fn(T) -> U + Sync) -> Batch<U> {
        self.each(|partition| partition.into_iter().map(&f).collect())
    }

    /// Keeps the records for which `keep` is true.
    pub fn filter(self, keep: impl Fn(&T) -> bool + Sync) -> Batch<T> {
        self.each(|mut partition| {
            partition.retain(&keep);
            partition
        })
    }

    /// Applies `f` to each record, and keeps what is not `None`.
    pub fn filter_map<U: Send>(self, f: impl Fn(T) -> Option<U> + Sync) -> Batch<U> {
        self.each(|partition| partition.into_iter().filter_map(&f).collect())
    }

    /// Applies `f` to each record, and takes all records out of what it gives.
    pub fn flat_map<I>(self, f: impl Fn(T) -> I + Sync) -> Batch<I::Item>
    where
        I: IntoIterator<Item: Send>,
    {
        self.each(|partition| partition.into_iter().flat_map(&f).collect())
    }

    /// Calls `f` once for each partition with an iterator over its records, empty ones too, and
    /// takes all records out of what it gives: for work that pays once per partition.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::new(BatchTime::ZERO, vec![vec![1, 2], vec![], vec![3]]);
    /// let sums = batch.map_partitions(|records| [records.sum::<i32>()]);
    /// assert_eq!(sums.collect(), [3, 0, 3]);
    /// ```
    pub fn map_partitions<I>(self, f: impl Fn(IntoIter<T>) -> I + Sync) -> Batch<I::Item>
    where
        I: IntoIterator<Item: Send>,
    {
        self.each(|partition| f(partition.into_iter()).into_iter().collect())
    }

    /// Calls `f` with each record, in order within a partition; partitions run side by side.
    pub fn for_each(self, f: impl Fn(T) + Sync) {
        self.for_each_partition(|_, partition| partition.into_iter().for_each(&f));
    }

    /// Calls `f` with each partition and its number, empty ones too; partitions run side by side.
    ///
    /// A batch that is run again after a failure has the same time and the same partitions, so an
    /// output that overwrites by `(batch.time(), number)` is exactly-once.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// # use std::sync::Mutex;
    /// let store = Mutex::new(std::collections::BTreeMap::new());
    /// let batch = Batch::new(BatchTime::from_millis(1000), vec![vec!["a"], vec!["b", "c"]]);
    /// let time = batch.time();
    /// batch.for_each_partition(|number, records| {
    ///     store.lock().unwrap().insert((time, number), records);
    /// });
    /// assert_eq!(store.into_inner().unwrap()[&(time, 1)], ["b", "c"]);
    /// ```
    pub fn for_each_partition(self, f: impl Fn(usize, Vec<T>) + Sync) {
        let records = self.len();
        let numbered = self.partitions.into_iter().enumerate().collect();
        parallel::run(records, numbered, |(number, partition)| {
            f(number, partition)
        });
    }

    /// A batch with what `f` makes of each partition.
    fn each<U: Send>(self, f: impl Fn(Vec<T>) -> Vec<U> + Sync) -> Batch<U> {
        let (time, records) = (self.time, self.len());
        Batch::new(time, parallel::run(records, self.partitions, f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::BatchTime;

    #[test]
    fn partitions_and_order_are_kept() {
        let batch = || Batch::new(BatchTime::ZERO, vec![vec![1, 2, 3], vec![], vec![4]]);
        assert_eq!(
            batch().map(|x| x * 2).partitions(),
            [vec![2, 4, 6], vec![], vec![8]]
        );
        assert_eq!(
            batch().filter(|x| x % 2 == 0).partitions(),
            [vec![2], vec![], vec![4]]
        );
        let halves = batch().filter_map(|x| (x % 2 == 0).then_some(x / 2));
        assert_eq!(halves.partitions(), [vec![1], vec![], vec![2]]);
        let twice = batch().flat_map(|x| [x, x]);
        assert_eq!(
            twice.partitions(),
            [vec![1, 1, 2, 2, 3, 3], vec![], vec![4, 4]]
        );
    }

    #[test]
    fn a_large_batch_gives_what_a_small_one_does() {
        let batch = Batch::of(BatchTime::ZERO, 0..100_000u64).repartition(7);
        let odd = batch.filter(|x| x % 2 == 1).map(|x| x / 2);
        assert_eq!(odd.partition_count(), 7);
        assert!(odd.into_iter().eq(0..50_000));
    }
}
