//! `flat_map`: one record in, any number out.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Applies `f` to each record and puts out everything in what it returns.
    ///
    /// Shape: narrow; the iterator runs inside the stage's loop, so nothing is collected. Return
    /// an iterator rather than a `Vec`: a `Vec` is an allocation for each record. The order of the
    /// records is kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn words(lines: Stream<&str>, out: Sink<&str>) {
    ///         lines.flat_map(|line| line.split_whitespace()).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(words, [vec!["to be or", "not"], vec![""]]), [vec!["to", "be", "or", "not"], vec![]]);
    /// ```
    #[track_caller]
    pub fn flat_map<I: IntoIterator, F: Fn(T) -> I + Sync>(
        self,
        f: F,
    ) -> (FlatMap<F>, Stream<I::Item>) {
        (
            FlatMap {
                site: Site::here("flat_map"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::flat_map`].
#[derive(Debug, Clone, Copy)]
pub struct FlatMap<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> FlatMap<F> {
    /// The records that come out for `record`.
    #[inline(always)]
    pub fn apply<T, I: IntoIterator>(&self, record: T) -> I::IntoIter
    where
        F: Fn(T) -> I,
    {
        (self.f)(record).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn repeated(xs: Stream<u64>, out: Sink<u64>) {
            xs.flat_map(|x| (0..x).map(move |_| x)).to(out);
        }
    );

    #[test]
    fn none_one_and_many() {
        assert_eq!(
            run_batches(repeated, [vec![0, 1, 3], vec![]]),
            [vec![1, 3, 3, 3], vec![]]
        );
    }
}
