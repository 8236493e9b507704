//! `map`: one record in, one record out.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Applies `f` to each record.
    ///
    /// Shape: narrow; it is fused into the loop of its stage and costs what `f` costs. The order
    /// of the records is kept, and so are partitions; a partitioning by key is not, since `f` may
    /// change the key: for that use [`map_values`](Self::map_values).
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn lengths(words: Stream<&str>, out: Sink<usize>) {
    ///         words.map(|word| word.len()).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(lengths, [vec!["hello", "world"], vec!["goodnight", "moon"]]);
    /// assert_eq!(rows, [[5, 5], [9, 4]]);
    /// ```
    #[track_caller]
    pub fn map<U, F: Fn(T) -> U + Sync>(self, f: F) -> (Map<F>, Stream<U>) {
        (
            Map {
                site: Site::here("map"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::map`].
#[derive(Debug, Clone, Copy)]
pub struct Map<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> Map<F> {
    /// The record that comes out for `record`.
    #[inline(always)]
    pub fn apply<T, U>(&self, record: T) -> U
    where
        F: Fn(T) -> U,
    {
        (self.f)(record)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn doubled(xs: Stream<u64>, out: Sink<u64>) {
            xs.map(|x| x * 2).to(out);
        }
    );

    #[test]
    fn each_record_once_in_order() {
        assert_eq!(
            run_batches(doubled, [vec![1, 2, 3], vec![], vec![4]]),
            [vec![2, 4, 6], vec![], vec![8]]
        );
    }
}
