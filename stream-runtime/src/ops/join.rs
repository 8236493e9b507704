//! `join`: pairs up the values of two streams that have the same key.

use crate::engine::Exchange;
use crate::key::Key;
use crate::matching::matches;
use crate::parts::Dealt;
use crate::stream::{Pair, Stream};

use super::shuffled::Shuffled;

impl<T> Stream<T> {
    /// For each key, every value of this stream with every value of `other`, within a batch.
    ///
    /// Shape: join. Both streams are shuffled by key, unless they are partitioned by it already.
    /// Memory: the records of both streams in the batch, and a table over `other`, so let the
    /// larger stream be the left one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_two, sorted};
    /// stream!(
    ///     fn matched(names: Stream<(u32, &str)>, cities: Stream<(u32, &str)>, out: Sink<(u32, (&str, &str))>) {
    ///         names.join(cities).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_two(matched, [vec![(1, "ann"), (2, "bob")]], [vec![(1, "oslo"), (3, "rome")]]);
    /// assert_eq!(rows, [[(1, ("ann".into(), "oslo".into()))]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` before it. "these two
    /// streams have keys of different types": bring both to one type before the join.
    #[track_caller]
    pub fn join<'b, U>(
        self,
        _other: Stream<U>,
    ) -> (Shuffled<Join>, Stream<(T::Key, (T::Value, U::Value))>)
    where
        T: Pair<Key: Key + Exchange<'b>, Value: Clone + Exchange<'b>>,
        U: SameKey<T::Key, Value: Clone + Exchange<'b>>,
    {
        (Shuffled::here("join"), Stream::new())
    }
}

/// A record that can be matched by key `K`.
#[diagnostic::on_unimplemented(
    message = "these two streams have keys of different types",
    label = "the records here are `{Self}`, the keys of the other stream are `{K}`",
    note = "bring both streams to one key type with `.map(|(key, value)| (key.into(), value))`"
)]
pub trait SameKey<K>: Pair<Key = K> {}

impl<K, V> SameKey<K> for (K, V) {}

/// [`Stream::join`] as a kernel: [`Shuffled`]`<Join>`.
#[derive(Debug)]
pub struct Join;

impl Shuffled<Join> {
    /// Calls `f` with each pair of one partition.
    #[inline(always)]
    pub fn merge<K: Key, V: Clone, W: Clone>(
        &self,
        left: Vec<Dealt<K, V>>,
        right: Vec<Dealt<K, W>>,
        mut f: impl FnMut((K, (V, W))),
    ) {
        matches::<false, false, K, _, _>(left, right, |key, left, right| {
            if let (Some(left), Some(right)) = (left, right) {
                f((key, (left, right)));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{run_two, sorted};

    stream!(
        fn joined(
            left: Stream<(&str, u64)>,
            right: Stream<(&str, u64)>,
            out: Sink<(&str, (u64, u64))>,
        ) {
            left.join(right).to(out);
        }
    );

    #[test]
    fn duplicates_give_the_product() {
        let left = [vec![("a", 1), ("a", 2), ("b", 3)], vec![("a", 1)]];
        let right = [vec![("a", 7), ("a", 8), ("c", 9)], vec![]];
        let pairs = [(1, 7), (1, 8), (2, 7), (2, 8)].map(|pair| ("a".to_owned(), pair));
        assert_eq!(
            sorted(run_two(joined, left, right)),
            [pairs.to_vec(), vec![]]
        );
    }
}
