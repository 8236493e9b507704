//! `flat_map_values`: any number of values for each value of a keyed stream.

use crate::site::Site;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Applies `f` to the value of each pair and puts out everything in what it returns, each
    /// with a copy of the key.
    ///
    /// Shape: narrow; the iterator runs inside the stage's loop. The order is kept, and so is a
    /// partitioning by key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn tags(lines: Stream<(u64, &str)>, out: Sink<(u64, &str)>) {
    ///         lines.flat_map_values(|tags| tags.split(',')).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(tags, [[(1, "red,green"), (2, "blue")]]);
    /// assert_eq!(rows, [[(1, "red".into()), (1, "green".into()), (2, "blue".into())]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "this operator needs a keyed stream": put `.map(|x| (key, x))` before it, or use `flat_map`.
    #[track_caller]
    pub fn flat_map_values<I, F>(self, f: F) -> (FlatMapValues<F>, Stream<(T::Key, I::Item)>)
    where
        T: Pair<Key: Clone>,
        I: IntoIterator,
        F: Fn(T::Value) -> I + Sync,
    {
        (
            FlatMapValues {
                site: Site::here("flat_map_values"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::flat_map_values`].
#[derive(Debug, Clone, Copy)]
pub struct FlatMapValues<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> FlatMapValues<F> {
    /// The pairs that come out for a pair.
    #[inline(always)]
    pub fn apply<K: Clone, V, I: IntoIterator>(
        &self,
        (key, value): (K, V),
    ) -> impl Iterator<Item = (K, I::Item)>
    where
        F: Fn(V) -> I,
    {
        (self.f)(value)
            .into_iter()
            .map(move |value| (key.clone(), value))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn counted_down(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.flat_map_values(|n| (0..n).rev()).to(out);
        }
    );

    #[test]
    fn each_value_has_the_key_of_its_source() {
        let rows = run_batches(counted_down, [vec![("a", 2), ("b", 0), ("c", 1)], vec![]]);
        let expected = [("a", 1), ("a", 0), ("c", 0)].map(|(key, n)| (key.to_owned(), n));
        assert_eq!(rows, [expected.to_vec(), vec![]]);
    }
}
