//! `filter_map`: one record in, at most one out.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Applies `f` to each record and keeps what is in the `Some`s.
    ///
    /// Shape: narrow; it becomes an `if let` in the stage's loop. The order of the records is kept,
    /// and so are partitions; a partitioning by key is not, since `f` may change the key.
    ///
    /// To keep what cannot be converted apart instead of dropping it, use
    /// [`try_map`](Self::try_map).
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn numbers(words: Stream<&str>, out: Sink<u64>) {
    ///         words.filter_map(|word| word.parse().ok()).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(numbers, [vec!["7", "seven"], vec!["8"]]), [[7], [8]]);
    /// ```
    #[track_caller]
    pub fn filter_map<U, F: Fn(T) -> Option<U> + Sync>(self, f: F) -> (FilterMap<F>, Stream<U>) {
        (
            FilterMap {
                site: Site::here("filter_map"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::filter_map`].
#[derive(Debug, Clone, Copy)]
pub struct FilterMap<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> FilterMap<F> {
    /// The record that comes out for `record`, if one does.
    #[inline(always)]
    pub fn apply<T, U>(&self, record: T) -> Option<U>
    where
        F: Fn(T) -> Option<U>,
    {
        (self.f)(record)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn halves(xs: Stream<u64>, out: Sink<u64>) {
            xs.filter_map(|x| (x % 2 == 0).then_some(x / 2)).to(out);
        }
    );

    #[test]
    fn keeps_what_is_some_in_order() {
        assert_eq!(
            run_batches(halves, [vec![8, 1, 2, 3, 4], vec![5], vec![]]),
            [vec![4, 1, 2], vec![], vec![]]
        );
    }
}
