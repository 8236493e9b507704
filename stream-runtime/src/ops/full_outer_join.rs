//! `full_outer_join`: all of two streams, matched by key where they can be.

use crate::engine::Exchange;
use crate::key::Key;
use crate::matching::matches;
use crate::parts::Dealt;
use crate::stream::{Pair, Stream};

use super::join::SameKey;
use super::shuffled::Shuffled;

impl<T> Stream<T> {
    /// For each key, every value of this stream with every value of `other`, within a batch; a value
    /// of either stream whose key the other does not have comes out once, with `None` for the other.
    ///
    /// Shape: join. Both streams are shuffled by key, unless they are partitioned by it already.
    /// Memory: the records of both streams in the batch, and a table over `other`, so let the larger
    /// stream be the left one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_two, sorted};
    /// stream!(
    ///     fn compared(
    ///         before: Stream<(&str, u64)>,
    ///         after: Stream<(&str, u64)>,
    ///         out: Sink<(&str, (Option<u64>, Option<u64>))>,
    ///     ) {
    ///         before.full_outer_join(after).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_two(compared, [[("a", 1), ("b", 2)]], [[("b", 3), ("c", 4)]]);
    /// assert_eq!(
    ///     sorted(rows),
    ///     [[("a".into(), (Some(1), None)), ("b".into(), (Some(2), Some(3))), ("c".into(), (None, Some(4)))]]
    /// );
    /// ```
    ///
    /// # Compile errors
    ///
    /// As for [`join`](Self::join).
    #[track_caller]
    pub fn full_outer_join<'b, U>(
        self,
        _other: Stream<U>,
    ) -> (
        Shuffled<FullOuterJoin>,
        Stream<(T::Key, (Option<T::Value>, Option<U::Value>))>,
    )
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Clone + Exchange<'b>>,
        U: SameKey<T::Key, Value: Clone + Exchange<'b>>,
    {
        (Shuffled::here("full_outer_join"), Stream::new())
    }
}

/// [`Stream::full_outer_join`] as a kernel: [`Shuffled`]`<FullOuterJoin>`.
#[derive(Debug)]
pub struct FullOuterJoin;

impl Shuffled<FullOuterJoin> {
    /// Calls `f` with each pair of one partition.
    #[inline(always)]
    pub fn merge<K: Key, V: Clone, W: Clone>(
        &self,
        left: Vec<Dealt<K, V>>,
        right: Vec<Dealt<K, W>>,
        mut f: impl FnMut((K, (Option<V>, Option<W>))),
    ) {
        matches::<true, true, K, _, _>(left, right, |key, left, right| {
            f((key, (left, right)));
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn joined(
            left: Stream<(&str, u64)>,
            right: Stream<(&str, u64)>,
            out: Sink<(&str, (Option<u64>, Option<u64>))>,
        ) {
            left.full_outer_join(right).to(out);
        }
    );

    #[test]
    fn every_record_of_either_side_comes_out() {
        let left = [vec![("a", 1), ("a", 2), ("b", 3)], vec![("a", 4)], vec![]];
        let right = [
            vec![("a", 7), ("a", 8), ("c", 9), ("c", 9)],
            vec![],
            vec![("a", 5)],
        ];
        let row =
            |key: &str, left: Option<u64>, right: Option<u64>| (key.to_owned(), (left, right));
        let expected = [
            vec![
                row("a", Some(1), Some(7)),
                row("a", Some(1), Some(8)),
                row("a", Some(2), Some(7)),
                row("a", Some(2), Some(8)),
                row("b", Some(3), None),
                row("c", None, Some(9)),
                row("c", None, Some(9)),
            ],
            vec![row("a", Some(4), None)],
            vec![row("a", None, Some(5))],
        ];
        for partitions in 1..4 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run_two(joined, left.clone(), right.clone());
            assert_eq!(sorted(rows), expected);
        }
    }
}
