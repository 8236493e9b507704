//! `left_outer_join`: all of one stream, with what another has for its keys.

use crate::engine::Exchange;
use crate::key::Key;
use crate::matching::matches;
use crate::parts::Dealt;
use crate::stream::{Pair, Stream};

use super::join::SameKey;
use super::shuffled::Shuffled;

impl<T> Stream<T> {
    /// For each key, every value of this stream with every value of `other`, within a batch; a value
    /// of this stream whose key `other` does not have comes out once, with `None`.
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
    ///     fn addressed(
    ///         names: Stream<(u32, &str)>,
    ///         cities: Stream<(u32, &str)>,
    ///         out: Sink<(u32, (&str, Option<&str>))>,
    ///     ) {
    ///         names.left_outer_join(cities).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_two(addressed, [[(1, "ann"), (2, "bob")]], [[(1, "oslo"), (3, "rome")]]);
    /// assert_eq!(sorted(rows), [[(1, ("ann".into(), Some("oslo".into()))), (2, ("bob".into(), None))]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// As for [`join`](Self::join).
    #[track_caller]
    pub fn left_outer_join<'b, U>(
        self,
        _other: Stream<U>,
    ) -> (
        Shuffled<LeftOuterJoin>,
        Stream<(T::Key, (T::Value, Option<U::Value>))>,
    )
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Clone + Exchange<'b>>,
        U: SameKey<T::Key, Value: Clone + Exchange<'b>>,
    {
        (Shuffled::here("left_outer_join"), Stream::new())
    }
}

/// [`Stream::left_outer_join`] as a kernel: [`Shuffled`]`<LeftOuterJoin>`.
#[derive(Debug)]
pub struct LeftOuterJoin;

impl Shuffled<LeftOuterJoin> {
    /// Calls `f` with each pair of one partition.
    #[inline(always)]
    pub fn merge<K: Key, V: Clone, W: Clone>(
        &self,
        left: Vec<Dealt<K, V>>,
        right: Vec<Dealt<K, W>>,
        mut f: impl FnMut((K, (V, Option<W>))),
    ) {
        matches::<true, false, K, _, _>(left, right, |key, left, right| {
            if let Some(left) = left {
                f((key, (left, right)));
            }
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
            out: Sink<(&str, (u64, Option<u64>))>,
        ) {
            left.left_outer_join(right).to(out);
        }
    );

    #[test]
    fn every_record_of_the_left_comes_out() {
        let left = [vec![("a", 1), ("a", 2), ("b", 3)], vec![("a", 4)], vec![]];
        let right = [vec![("a", 7), ("a", 8), ("c", 9)], vec![], vec![("a", 5)]];
        let first = [(1, Some(7)), (1, Some(8)), (2, Some(7)), (2, Some(8))];
        let first = first.map(|pair| ("a".to_owned(), pair)).into_iter();
        let first = first.chain([("b".to_owned(), (3, None))]).collect();
        let expected = [first, vec![("a".to_owned(), (4, None))], vec![]];
        for partitions in 1..4 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run_two(joined, left.clone(), right.clone());
            assert_eq!(sorted(rows), expected);
        }
    }
}
