//! `combine_by_key`: combines the values of each key into something of another type.

use crate::combining::{Combining, merge_combined};
use crate::engine::Exchange;
use crate::key::Key;
use crate::parts::Dealt;
use crate::site::Site;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Combines the values of each key within a batch into a *combiner* of another type.
    ///
    /// In each task `create` makes a combiner of the first value of a key, and `merge_value` adds
    /// the further ones. After the shuffle `merge_combiners` brings the combiners of the tasks
    /// together. The result must not depend on how the values are dealt out to tasks.
    ///
    /// Shape: wide. Memory: one combiner per distinct key of the batch, in each task that meets it.
    /// A combiner that only collects values is a [`group_by_key`](Self::group_by_key).
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn means(scores: Stream<(&str, f64)>, out: Sink<(&str, f64)>) {
    ///         scores
    ///             .combine_by_key(
    ///                 |x| (x, 1.0),
    ///                 |(sum, n), x| (sum + x, n + 1.0),
    ///                 |(sum, n), (more, m)| (sum + more, n + m),
    ///             )
    ///             .map_values(|(sum, n)| sum / n)
    ///             .to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(means, [[("ann", 2.0), ("ann", 4.0), ("ann", 9.0)]]);
    /// assert_eq!(rows, [[("ann".into(), 5.0)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` before it.
    #[track_caller]
    pub fn combine_by_key<'b, C, F, G, H>(
        self,
        create: F,
        merge_value: G,
        merge_combiners: H,
    ) -> (CombineByKey<F, G, H>, Stream<(T::Key, C)>)
    where
        T: Pair<Key: Key + Exchange<'b>>,
        C: Exchange<'b>,
        F: Fn(T::Value) -> C + Sync,
        G: Fn(C, T::Value) -> C + Sync,
        H: Fn(C, C) -> C + Sync,
    {
        (
            CombineByKey {
                site: Site::here("combine_by_key"),
                create,
                merge_value,
                merge_combiners,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::combine_by_key`].
#[derive(Debug)]
pub struct CombineByKey<F, G, H> {
    /// Where the operator stands.
    pub site: Site,
    create: F,
    merge_value: G,
    merge_combiners: H,
}

impl<F, G, H> CombineByKey<F, G, H> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The table of one task.
    pub fn local<K: Key, V, C>(&self, room: usize) -> Combining<K, V, C> {
        Combining::with_room(room)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V, C>(&self, table: &mut Combining<K, V, C>, pair: (K, V))
    where
        F: Fn(V) -> C,
        G: Fn(C, V) -> C,
    {
        table.push(pair, &self.create, &self.merge_value);
    }

    /// Deals the table out to the partitions.
    pub fn finish<K: Key, V, C>(&self, table: Combining<K, V, C>, width: usize) -> Vec<Dealt<K, C>>
    where
        F: Fn(V) -> C,
        G: Fn(C, V) -> C,
    {
        table.deal(width, &self.create, &self.merge_value)
    }

    /// Brings together what the tasks have found for the keys of one partition.
    pub fn merge<K: Key, C>(&self, buckets: Vec<Dealt<K, C>>) -> impl Iterator<Item = (K, C)>
    where
        H: Fn(C, C) -> C,
    {
        merge_combined(buckets, &self.merge_combiners)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn extremes(pairs: Stream<(&str, u64)>, out: Sink<(&str, (u64, u64))>) {
            pairs
                .combine_by_key(
                    |x| (x, x),
                    |(low, high), x| (low.min(x), high.max(x)),
                    |(low, high), (lower, higher)| (low.min(lower), high.max(higher)),
                )
                .to(out);
        }
    );

    #[test]
    fn combiners_meet_across_partitions() {
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let batch = vec![("a", 3), ("b", 10), ("a", 2), ("a", 5)];
            let rows = sorted(run.run(extremes, [batch, vec![]]));
            let expected = [("a", (2, 5)), ("b", (10, 10))].map(|(key, x)| (key.to_owned(), x));
            assert_eq!(rows, [expected.to_vec(), vec![]]);
        }
    }
}
