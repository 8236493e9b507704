//! The first records, the greatest ones, and all of them in order.

use std::cmp::Ordering;

use rayon::slice::ParallelSliceMut;

use crate::greatest::Greatest;
use crate::parallel;

use super::Batch;

impl<T> Batch<T> {
    /// The first record.
    pub fn first(&self) -> Option<&T> {
        self.iter().next()
    }

    /// The first `n` records, in one partition.
    pub fn take(self, n: usize) -> Self {
        let time = self.time;
        Self::of(time, self.into_iter().take(n))
    }
}

impl<T: Send> Batch<T> {
    /// The records in the order of `compare`, in one partition. Records that compare as equal stay
    /// in their order.
    ///
    /// Cost: a parallel merge sort.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::of(BatchTime::ZERO, [2.5, 0.5, 1.0]);
    /// assert_eq!(batch.sort_by(f64::total_cmp).collect(), [0.5, 1.0, 2.5]);
    /// ```
    pub fn sort_by(self, compare: impl Fn(&T, &T) -> Ordering + Sync) -> Self {
        let (time, mut records) = (self.time, self.collect());
        records.par_sort_by(compare);
        Self::new(time, vec![records])
    }

    /// The records in the order of their keys, in one partition. Records with equal keys stay in
    /// their order. Downwards: `sort_by_key(|x| Reverse(key))`.
    pub fn sort_by_key<K: Ord>(self, key: impl Fn(&T) -> K + Sync) -> Self {
        self.sort_by(|a, b| key(a).cmp(&key(b)))
    }

    /// The `k` greatest records, the greatest first, in one partition. Of equal records those that
    /// come first are taken, in their order.
    ///
    /// Cost: each task keeps at most `k` records, in a heap.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::of(BatchTime::ZERO, [3, 9, 4, 1]);
    /// assert_eq!(batch.top_k(2).collect(), [9, 4]);
    /// ```
    pub fn top_k(self, k: usize) -> Self
    where
        T: Ord,
    {
        let (time, records) = (self.time, self.len());
        let partials = parallel::run(records, self.partitions, |partition| greatest(k, partition));
        Self::of(time, greatest(k, partials.into_iter().flatten()))
    }
}

/// The `k` greatest of these records, the greatest first.
fn greatest<T: Ord>(k: usize, records: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept = Greatest::new();
    records.into_iter().for_each(|record| kept.offer(record, k));
    kept.into_descending()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::BatchTime;

    #[test]
    fn take_and_first_follow_the_partitions() {
        let batch = Batch::new(BatchTime::ZERO, vec![vec![], vec![7, 8], vec![9]]);
        assert_eq!(batch.first(), Some(&7));
        assert_eq!(batch.clone().take(2).collect(), [7, 8]);
        assert_eq!(batch.take(5).collect(), [7, 8, 9]);
    }

    #[test]
    fn the_greatest_and_the_order_are_stable_whatever_the_partitions() {
        let records: Vec<(u64, u64)> = (0..9_000).map(|x| (x * 37 % 101, x)).collect();
        let by_first = |a: &(u64, u64), b: &(u64, u64)| a.0.cmp(&b.0);
        let mut sorted = records.clone();
        sorted.sort_by(by_first);
        for partitions in [1, 2, 7] {
            let batch = Batch::of(BatchTime::ZERO, records.clone()).repartition(partitions);
            let ordered = batch.clone().sort_by(by_first);
            assert_eq!(ordered.collect(), sorted);
            let mut downwards = records.clone();
            downwards.sort_by(|a, b| b.cmp(a));
            downwards.truncate(100);
            assert_eq!(batch.top_k(100).collect(), downwards);
        }
    }
}
