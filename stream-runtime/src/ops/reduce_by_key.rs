//! `reduce_by_key`: combines the values of each key within a batch.

use std::convert::identity;

use crate::combining::{Combining, merge_combined};
use crate::engine::Exchange;
use crate::key::Key;
use crate::parts::Dealt;
use crate::site::Site;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Combines the values of each key within a batch with `combine`.
    ///
    /// `combine` must be associative and commutative: values are first combined inside each
    /// partition, before the shuffle, and the partial results again after it, in no fixed order.
    /// A key with a single value never reaches `combine`.
    ///
    /// Shape: wide. Memory: one value per distinct key of the batch, in each task that meets it. A task
    /// in which nearly all keys differ hands on what else comes as it is, and keeps that.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn count(words: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         words.map(|word| (word, 1)).reduce_by_key(|a, b| a + b).to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(count, [vec!["a", "b", "a"], vec!["b"]]));
    /// assert_eq!(rows, [vec![("a".into(), 2), ("b".into(), 1)], vec![("b".into(), 1)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` before it. "`f64` cannot be
    /// the key of a stream": choose a key that can be hashed.
    #[track_caller]
    pub fn reduce_by_key<'b, F>(self, combine: F) -> (ReduceByKey<F>, Stream<(T::Key, T::Value)>)
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Exchange<'b>>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        (
            ReduceByKey {
                site: Site::here("reduce_by_key"),
                combine,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::reduce_by_key`].
#[derive(Debug)]
pub struct ReduceByKey<F> {
    /// Where the operator stands.
    pub site: Site,
    combine: F,
}

impl<F> ReduceByKey<F> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The table of one task.
    pub fn local<K: Key, V>(&self, room: usize) -> Combining<K, V, V> {
        Combining::with_room(room)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V>(&self, table: &mut Combining<K, V, V>, record: (K, V))
    where
        F: Fn(V, V) -> V,
    {
        table.push(record, identity, &self.combine);
    }

    /// Deals the table out to the partitions.
    pub fn finish<K: Key, V>(&self, table: Combining<K, V, V>, width: usize) -> Vec<Dealt<K, V>>
    where
        F: Fn(V, V) -> V,
    {
        table.deal(width, identity, &self.combine)
    }

    /// Combines what the tasks have found for the keys of one partition.
    pub fn merge<K: Key, V>(&self, buckets: Vec<Dealt<K, V>>) -> impl Iterator<Item = (K, V)>
    where
        F: Fn(V, V) -> V,
    {
        merge_combined(buckets, &self.combine)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn totals(pairs: Stream<(&str, i64)>, out: Sink<(&str, i64)>) {
            pairs.reduce_by_key(|a, b| a + b).to(out);
        }
    );

    #[test]
    fn keys_meet_across_partitions() {
        let batches = || {
            [
                vec![("a", 1), ("b", 10), ("a", 2), ("a", 3)],
                vec![],
                vec![("b", 5)],
            ]
        };
        for partitions in 1..5 {
            let rows = sorted(TestRun::new().partitions(partitions).run(totals, batches()));
            assert_eq!(
                rows,
                [
                    vec![("a".to_owned(), 6), ("b".to_owned(), 10)],
                    vec![],
                    vec![("b".to_owned(), 5)]
                ]
            );
        }
    }
}
