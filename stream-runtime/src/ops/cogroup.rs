//! `cogroup`: the values of each key in two streams, side by side.

use crate::engine::Exchange;
use crate::grouping::cogroup;
use crate::key::Key;
use crate::parts::Dealt;
use crate::stream::{Pair, Stream};

use super::join::SameKey;
use super::shuffled::Shuffled;

impl<T> Stream<T> {
    /// For each key that either stream has within a batch, the values of this stream and those of
    /// `other`; one of the two may be empty. Values stand in the order of the partitions, and in
    /// each of them in the order of the records.
    ///
    /// All joins can be said with it; where [`join`](Self::join) and its kin say the same, they
    /// need fewer allocations.
    ///
    /// Shape: join. Both streams are shuffled by key, unless they are partitioned by it already.
    /// Memory: the records of both streams in the batch, and two vectors for each key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_two, sorted};
    /// stream!(
    ///     fn orders_and_payments(
    ///         orders: Stream<(u32, u64)>,
    ///         payments: Stream<(u32, u64)>,
    ///         out: Sink<(u32, (Vec<u64>, Vec<u64>))>,
    ///     ) {
    ///         orders.cogroup(payments).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_two(orders_and_payments, [[(1, 10), (2, 20), (1, 30)]], [[(1, 40)]]);
    /// assert_eq!(sorted(rows), [[(1, (vec![10, 30], vec![40])), (2, (vec![20], vec![]))]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// As for [`join`](Self::join).
    #[track_caller]
    pub fn cogroup<'b, U>(
        self,
        _other: Stream<U>,
    ) -> (
        Shuffled<Cogroup>,
        Stream<(T::Key, (Vec<T::Value>, Vec<U::Value>))>,
    )
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Exchange<'b>>,
        U: SameKey<T::Key, Value: Exchange<'b>>,
    {
        (Shuffled::here("cogroup"), Stream::new())
    }
}

/// [`Stream::cogroup`] as a kernel: [`Shuffled`]`<Cogroup>`.
#[derive(Debug)]
pub struct Cogroup;

impl Shuffled<Cogroup> {
    /// Calls `f` with each group of one partition.
    #[inline(always)]
    pub fn merge<K: Key, V, W>(
        &self,
        left: Vec<Dealt<K, V>>,
        right: Vec<Dealt<K, W>>,
        f: impl FnMut((K, (Vec<V>, Vec<W>))),
    ) {
        cogroup(left, right).for_each(f);
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn groups(
            left: Stream<(&str, u64)>,
            right: Stream<(&str, bool)>,
            out: Sink<(&str, (Vec<u64>, Vec<bool>))>,
        ) {
            left.cogroup(right).to(out);
        }
    );

    #[test]
    fn every_key_of_either_side_once_whatever_the_partitions() {
        let left = [vec![("a", 2), ("b", 3), ("a", 1)], vec![]];
        let right = [vec![("c", true), ("a", false)], vec![("a", true)]];
        let row = |key: &str, left, right| (key.to_owned(), (left, right));
        let expected = [
            vec![
                row("a", vec![2, 1], vec![false]),
                row("b", vec![3], vec![]),
                row("c", vec![], vec![true]),
            ],
            vec![row("a", vec![], vec![true])],
        ];
        for partitions in 1..4 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run_two(groups, left.clone(), right.clone());
            assert_eq!(sorted(rows), expected);
        }
    }
}
