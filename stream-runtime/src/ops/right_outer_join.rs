//! `right_outer_join`: all of another stream, with what this one has for its keys.

use crate::engine::Exchange;
use crate::key::Key;
use crate::matching::matches;
use crate::parts::Dealt;
use crate::stream::{Pair, Stream};

use super::join::SameKey;
use super::shuffled::Shuffled;

impl<T> Stream<T> {
    /// For each key, every value of this stream with every value of `other`, within a batch; a value
    /// of `other` whose key this stream does not have comes out once, with `None`.
    ///
    /// Shape: join. Both streams are shuffled by key, unless they are partitioned by it already.
    /// Memory: the records of both streams in the batch, and a table over this stream, so let the
    /// larger stream be the right one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_two, sorted};
    /// stream!(
    ///     fn inhabited(
    ///         names: Stream<(u32, &str)>,
    ///         cities: Stream<(u32, &str)>,
    ///         out: Sink<(u32, (Option<&str>, &str))>,
    ///     ) {
    ///         names.right_outer_join(cities).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_two(inhabited, [[(1, "ann"), (2, "bob")]], [[(1, "oslo"), (3, "rome")]]);
    /// assert_eq!(sorted(rows), [[(1, (Some("ann".into()), "oslo".into())), (3, (None, "rome".into()))]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// As for [`join`](Self::join).
    #[track_caller]
    pub fn right_outer_join<'b, U>(
        self,
        _other: Stream<U>,
    ) -> (
        Shuffled<RightOuterJoin>,
        Stream<(T::Key, (Option<T::Value>, U::Value))>,
    )
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Clone + Exchange<'b>>,
        U: SameKey<T::Key, Value: Clone + Exchange<'b>>,
    {
        (Shuffled::here("right_outer_join"), Stream::new())
    }
}

/// [`Stream::right_outer_join`] as a kernel: [`Shuffled`]`<RightOuterJoin>`.
#[derive(Debug)]
pub struct RightOuterJoin;

impl Shuffled<RightOuterJoin> {
    /// Calls `f` with each pair of one partition.
    #[inline(always)]
    pub fn merge<K: Key, V: Clone, W: Clone>(
        &self,
        left: Vec<Dealt<K, V>>,
        right: Vec<Dealt<K, W>>,
        mut f: impl FnMut((K, (Option<V>, W))),
    ) {
        matches::<true, false, K, _, _>(right, left, |key, right, left| {
            if let Some(right) = right {
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
            out: Sink<(&str, (Option<u64>, u64))>,
        ) {
            left.right_outer_join(right).to(out);
        }
    );

    #[test]
    fn every_record_of_the_right_comes_out() {
        let left = [vec![("a", 7), ("a", 8), ("c", 9)], vec![], vec![("a", 5)]];
        let right = [vec![("a", 1), ("a", 2), ("b", 3)], vec![("a", 4)], vec![]];
        let first = [(Some(7), 1), (Some(7), 2), (Some(8), 1), (Some(8), 2)];
        let first = first.map(|pair| ("a".to_owned(), pair)).into_iter();
        let first = first.chain([("b".to_owned(), (None, 3))]).collect();
        let expected = [first, vec![("a".to_owned(), (None, 4))], vec![]];
        for partitions in 1..4 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run_two(joined, left.clone(), right.clone());
            assert_eq!(sorted(rows), expected);
        }
    }
}
