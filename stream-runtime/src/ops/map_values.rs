//! `map_values`: changes the values of a keyed stream and keeps its keys.

use crate::site::Site;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Applies `f` to the value of each pair; the key stays.
    ///
    /// Shape: narrow. Unlike [`map`](Self::map) it keeps a partitioning by key, so a keyed operator
    /// after it needs no second shuffle.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn more(words: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         words
    ///             .map(|word| (word, 1))
    ///             .reduce_by_key(|a, b| a + b)
    ///             .map_values(|count| count + 10)
    ///             .to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(more, [["a", "a", "b"]]));
    /// assert_eq!(rows, [[("a".into(), 12), ("b".into(), 11)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` before it, or use `map`.
    #[track_caller]
    pub fn map_values<U, F>(self, f: F) -> (MapValues<F>, Stream<(T::Key, U)>)
    where
        T: Pair,
        F: Fn(T::Value) -> U + Sync,
    {
        (
            MapValues {
                site: Site::here("map_values"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::map_values`].
#[derive(Debug, Clone, Copy)]
pub struct MapValues<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> MapValues<F> {
    /// The pair that comes out for a pair.
    #[inline(always)]
    pub fn apply<K, V, U>(&self, (key, value): (K, V)) -> (K, U)
    where
        F: Fn(V) -> U,
    {
        (key, (self.f)(value))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn lengths(pairs: Stream<(u64, &str)>, out: Sink<(u64, usize)>) {
            pairs.map_values(|text| text.len()).to(out);
        }
    );

    #[test]
    fn keys_stay_beside_their_values() {
        assert_eq!(
            run_batches(lengths, [vec![(7, "a"), (8, "bcd"), (7, "")], vec![]]),
            [vec![(7, 1), (8, 3), (7, 0)], vec![]]
        );
    }
}
