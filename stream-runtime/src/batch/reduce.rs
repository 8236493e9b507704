//! From a batch to one value.

use std::iter::Sum;

use crate::parallel;

use super::Batch;

impl<T> Batch<T> {
    /// How many records there are.
    pub fn count(&self) -> u64 {
        self.len() as u64
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.partitions.iter().all(Vec::is_empty)
    }
}

impl<T: Send> Batch<T> {
    /// Combines all records with `combine`; `None` if there are none.
    ///
    /// `combine` must be associative: the records of each partition are combined first, then the
    /// results, in partition order.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::of(BatchTime::ZERO, [0.5, 2.5, 1.0]);
    /// assert_eq!(batch.reduce(f64::max), Some(2.5));
    /// ```
    pub fn reduce(self, combine: impl Fn(T, T) -> T + Sync) -> Option<T> {
        let records = self.len();
        let reduce = |partition: Vec<T>| partition.into_iter().reduce(&combine);
        let partials = parallel::run(records, self.partitions, reduce);
        partials.into_iter().flatten().reduce(&combine)
    }

    /// Combines `zero` and all records with `combine`; `zero` if there are none.
    ///
    /// `zero` must be neutral, since each partition starts with it and the results are added to it
    /// again: 0 for a sum, 1 for a product. `combine` must be associative. To fold into another
    /// type use [`aggregate`](Self::aggregate), for what cannot be combined from parts
    /// `batch.iter().fold(…)`.
    pub fn fold(self, zero: T, combine: impl Fn(T, T) -> T + Sync) -> T
    where
        T: Clone + Sync,
    {
        self.aggregate(zero, &combine, &combine)
    }

    /// Folds the records of each partition into a copy of `zero` with `step`, then combines the
    /// results in partition order: Spark's `aggregate`.
    ///
    /// `combine` must be associative, and `zero` its neutral element, since it is taken once for
    /// each partition.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::of(BatchTime::ZERO, ["to", "be", "or"]);
    /// let letters = batch.aggregate(0, |sum, word| sum + word.len(), |a, b| a + b);
    /// assert_eq!(letters, 6);
    /// ```
    pub fn aggregate<A: Clone + Send + Sync>(
        self,
        zero: A,
        step: impl Fn(A, T) -> A + Sync,
        combine: impl Fn(A, A) -> A,
    ) -> A {
        let records = self.len();
        let fold = |partition: Vec<T>| partition.into_iter().fold(zero.clone(), &step);
        let partials = parallel::run(records, self.partitions, fold);
        partials.into_iter().reduce(combine).unwrap_or(zero)
    }
}

impl<T: Send + Sync> Batch<T> {
    /// The sum of all records; of floats, in partition order, so that it is the same each time.
    pub fn sum(&self) -> T
    where
        T: Clone + Sum,
    {
        self.by_partition(|partition| partition.iter().cloned().sum::<T>())
            .into_iter()
            .sum()
    }

    /// The least record, the first of several; `None` if there are none. For floats take
    /// `reduce(f64::min)`.
    pub fn min(&self) -> Option<&T>
    where
        T: Ord,
    {
        self.min_by_key(|record| record)
    }

    /// The greatest record, the last of several; `None` if there are none. For floats take
    /// `reduce(f64::max)`.
    pub fn max(&self) -> Option<&T>
    where
        T: Ord,
    {
        self.max_by_key(|record| record)
    }

    /// The record with the least key, the first of several; `None` if there are none.
    pub fn min_by_key<'a, K: Ord>(&'a self, key: impl Fn(&'a T) -> K + Sync) -> Option<&'a T> {
        let best = self.by_partition(|partition| partition.iter().min_by_key(|x| key(x)));
        best.into_iter().flatten().min_by_key(|x| key(x))
    }

    /// The record with the greatest key, the last of several; `None` if there are none.
    pub fn max_by_key<'a, K: Ord>(&'a self, key: impl Fn(&'a T) -> K + Sync) -> Option<&'a T> {
        let best = self.by_partition(|partition| partition.iter().max_by_key(|x| key(x)));
        best.into_iter().flatten().max_by_key(|x| key(x))
    }

    /// What `f` makes of each partition.
    fn by_partition<'a, O: Send>(&'a self, f: impl Fn(&'a Vec<T>) -> O + Sync) -> Vec<O> {
        parallel::run(self.len(), self.partitions.iter().collect(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::BatchTime;

    fn batches() -> [Batch<u64>; 4] {
        let large = Batch::of(BatchTime::ZERO, (0..50_000).map(|x| x * 7919 % 10_007));
        [
            Batch::new(BatchTime::ZERO, vec![]),
            Batch::new(BatchTime::ZERO, vec![vec![], vec![]]),
            Batch::new(BatchTime::ZERO, vec![vec![3, 1], vec![], vec![2]]),
            large.repartition(5),
        ]
    }

    #[test]
    fn one_value_is_that_of_the_records_in_a_row() {
        for batch in batches() {
            let row = batch.clone().collect();
            assert_eq!(batch.count(), row.len() as u64);
            assert_eq!(batch.is_empty(), row.is_empty());
            assert_eq!(batch.sum(), row.iter().sum::<u64>());
            assert_eq!(batch.min(), row.iter().min());
            assert_eq!(batch.max(), row.iter().max());
            let folded = batch.clone().fold(0, u64::max);
            assert_eq!(folded, row.iter().copied().fold(0, u64::max));
            let max = batch.clone().reduce(u64::max);
            assert_eq!(max, row.iter().copied().max());
            let sum = batch.aggregate(0, |a, x| a + x, |a, b| a + b);
            assert_eq!(sum, row.iter().sum::<u64>());
        }
    }

    #[test]
    fn of_equal_keys_the_least_is_first_and_the_greatest_last() {
        let records = vec![vec![(1, 'a'), (2, 'b')], vec![(1, 'c')], vec![(2, 'd')]];
        let batch = Batch::new(BatchTime::ZERO, records);
        assert_eq!(batch.min_by_key(|(key, _)| *key), Some(&(1, 'a')));
        assert_eq!(batch.max_by_key(|(key, _)| *key), Some(&(2, 'd')));
    }
}
