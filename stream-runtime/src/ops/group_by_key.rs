//! `group_by_key`: the values of each key within a batch, together.

use crate::engine::Exchange;
use crate::grouping::group;
use crate::key::Key;
use crate::parts::Dealt;
use crate::stream::{Pair, Stream};

use super::shuffled::Shuffled;

impl<T> Stream<T> {
    /// Gathers the values of each key within a batch into one `Vec`, in the order of the
    /// partitions and in each of them in the order of the records.
    ///
    /// To combine the values, rather use [`reduce_by_key`](Self::reduce_by_key) or
    /// [`combine_by_key`](Self::combine_by_key): they shuffle one record per key and task, this
    /// one shuffles them all.
    ///
    /// Shape: wide. Memory: the records of the batch, and a vector of its values for each key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn by_length(words: Stream<&str>, out: Sink<(usize, Vec<&str>)>) {
    ///         words.key_by(|word| word.len()).group_by_key().to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(by_length, [["to", "be", "not"]]));
    /// assert_eq!(rows, [[(2, vec!["to".into(), "be".into()]), (3, vec!["not".into()])]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` or `.key_by(..)` before it.
    #[track_caller]
    pub fn group_by_key<'b>(self) -> (Shuffled<GroupByKey>, Stream<(T::Key, Vec<T::Value>)>)
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Exchange<'b>>,
    {
        (Shuffled::here("group_by_key"), Stream::new())
    }
}

/// [`Stream::group_by_key`] as a kernel: [`Shuffled`]`<GroupByKey>`.
#[derive(Debug)]
pub struct GroupByKey;

impl Shuffled<GroupByKey> {
    /// The groups of one partition.
    pub fn merge<K: Key, V>(&self, records: Vec<Dealt<K, V>>) -> impl Iterator<Item = (K, Vec<V>)> {
        group(records)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn grouped(pairs: Stream<(&str, u64)>, out: Sink<(&str, Vec<u64>)>) {
            pairs.group_by_key().to(out);
        }

        fn sizes(xs: Stream<u64>, out: Sink<(u64, usize)>) {
            xs.key_by(|x| x % 10_000)
                .group_by_key()
                .map_values(|group| group.len())
                .to(out);
        }
    );

    #[test]
    fn values_stand_in_the_order_of_the_input_whatever_the_partitions() {
        let batch = vec![("b", 5), ("a", 3), ("b", 1), ("a", 4), ("b", 9)];
        let expected = [("a", vec![3, 4]), ("b", vec![5, 1, 9])];
        let expected = expected.map(|(key, values)| (key.to_owned(), values));
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let rows = sorted(run.run(grouped, [batch.clone(), vec![]]));
            assert_eq!(rows, [expected.to_vec(), vec![]]);
        }
    }

    #[test]
    fn groups_stay_whole_when_the_batch_is_cut_into_parts() {
        let rows = sorted(TestRun::new().run(sizes, [Vec::from_iter(0..40_000)]));
        assert_eq!(rows, [Vec::from_iter((0..10_000).map(|key| (key, 4)))]);
    }
}
