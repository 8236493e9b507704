//! `fold_by_key`: combines the values of each key, starting from a neutral value.

use crate::combining::{Combining, merge_combined};
use crate::engine::Exchange;
use crate::key::Key;
use crate::parts::Dealt;
use crate::site::Site;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Combines `zero` and the values of each key within a batch with `combine`.
    ///
    /// `zero` must be neutral, since it is combined with the first value of a key in each task
    /// that meets the key. `combine` must be associative and commutative: values are first
    /// combined inside each partition, and the partial results again after the shuffle.
    ///
    /// It differs from [`reduce_by_key`](Self::reduce_by_key) only in that a single value goes
    /// through `combine` too. For a result of another type than the values use
    /// [`combine_by_key`](Self::combine_by_key).
    ///
    /// Shape: wide. Memory: one value per distinct key of the batch, in each task that meets it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn best(scores: Stream<(&str, i64)>, out: Sink<(&str, i64)>) {
    ///         scores.fold_by_key(0, |a, b| a.max(b)).to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(best, [[("ann", 3), ("bob", -1), ("ann", 5)]]));
    /// assert_eq!(rows, [[("ann".into(), 5), ("bob".into(), 0)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` before it.
    #[track_caller]
    pub fn fold_by_key<'b, F>(
        self,
        zero: T::Value,
        combine: F,
    ) -> (FoldByKey<T::Value, F>, Stream<(T::Key, T::Value)>)
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Clone + Exchange<'b>>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        (
            FoldByKey {
                site: Site::here("fold_by_key"),
                zero,
                combine,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::fold_by_key`].
#[derive(Debug)]
pub struct FoldByKey<V, F> {
    /// Where the operator stands.
    pub site: Site,
    zero: V,
    combine: F,
}

impl<V: Clone, F: Fn(V, V) -> V> FoldByKey<V, F> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The table of one task.
    pub fn local<K: Key>(&self, room: usize) -> Combining<K, V, V> {
        Combining::with_room(room)
    }

    /// What makes the first value of a key.
    #[inline(always)]
    fn first(&self) -> impl Fn(V) -> V {
        |value| (self.combine)(self.zero.clone(), value)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key>(&self, table: &mut Combining<K, V, V>, pair: (K, V)) {
        table.push(pair, self.first(), &self.combine);
    }

    /// Deals the table out to the partitions.
    pub fn finish<K: Key>(&self, table: Combining<K, V, V>, width: usize) -> Vec<Dealt<K, V>> {
        table.deal(width, self.first(), &self.combine)
    }

    /// Combines what the tasks have found for the keys of one partition.
    pub fn merge<K: Key>(&self, buckets: Vec<Dealt<K, V>>) -> impl Iterator<Item = (K, V)> {
        merge_combined(buckets, &self.combine)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn totals(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.fold_by_key(0, |a, b| a + b).to(out);
        }
    );

    #[test]
    fn zero_does_not_show_whatever_the_partitions() {
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let rows = sorted(run.run(
                totals,
                [vec![("a", 1), ("b", 10), ("a", 2), ("a", 3)], vec![]],
            ));
            assert_eq!(
                rows,
                [vec![("a".to_owned(), 6), ("b".to_owned(), 10)], vec![]]
            );
        }
    }
}
