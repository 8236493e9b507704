//! `filter`: keeps the records that pass a test.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Keeps the records for which `keep` is true.
    ///
    /// Shape: narrow; it becomes an `if` in the stage's loop. Order and partitioning are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn with_a(words: Stream<&str>, out: Sink<&str>) {
    ///         words.filter(|word| word.contains('a')).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(with_a, [["giants", "dodgers"], ["yankees", "red sox"]]), [["giants"], ["yankees"]]);
    /// ```
    #[track_caller]
    pub fn filter<F: Fn(&T) -> bool + Sync>(self, keep: F) -> (Filter<F>, Stream<T>) {
        (
            Filter {
                site: Site::here("filter"),
                keep,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::filter`].
#[derive(Debug, Clone, Copy)]
pub struct Filter<F> {
    /// Where the operator stands.
    pub site: Site,
    keep: F,
}

impl<F> Filter<F> {
    /// The record, if it passes.
    #[inline(always)]
    pub fn apply<T>(&self, record: T) -> Option<T>
    where
        F: Fn(&T) -> bool,
    {
        if (self.keep)(&record) {
            Some(record)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn even(xs: Stream<u64>, out: Sink<u64>) {
            xs.filter(|x| x % 2 == 0).to(out);
        }
    );

    #[test]
    fn keeps_what_passes() {
        assert_eq!(
            run_batches(even, [vec![1, 2, 3, 4], vec![5], vec![]]),
            [vec![2, 4], vec![], vec![]]
        );
    }
}
