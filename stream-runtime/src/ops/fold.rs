//! `fold`: combines all records of a batch into one, starting from a neutral value.

use crate::buckets::Records;
use crate::combining::take_in;
use crate::engine::{Buckets, Exchange};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Combines `zero` and all records of a batch with `combine` and puts out the result: one
    /// record a batch, and `zero` for an empty one.
    ///
    /// `zero` must be neutral, since each task starts with it and the tasks' results are added to
    /// it again: 0 for a sum, 1 for a product, an empty string for text put together. `combine`
    /// must be associative and commutative.
    ///
    /// Shape: wide, to one partition; each task keeps its own result in a register if it fits.
    /// Memory: one record per task.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn total(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.fold(0, |a, b| a + b).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(total, [vec![1, 2, 3], vec![]]), [[6], [0]]);
    /// ```
    #[track_caller]
    pub fn fold<'b, F>(self, zero: T, combine: F) -> (Fold<T, F>, Stream<T>)
    where
        T: Clone + Exchange<'b>,
        F: Fn(T, T) -> T + Sync,
    {
        (
            Fold {
                site: Site::here("fold"),
                zero,
                combine,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::fold`].
#[derive(Debug)]
pub struct Fold<T, F> {
    /// Where the operator stands.
    pub site: Site,
    zero: T,
    combine: F,
}

impl<T: Clone, F: Fn(T, T) -> T> Fold<T, F> {
    /// All results meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
    }

    /// What one task starts from. It is never `None` when a record is taken in, which the
    /// optimizer sees.
    #[inline(always)]
    pub fn local(&self) -> Option<T> {
        Some(self.zero.clone())
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push(&self, kept: &mut Option<T>, record: T) {
        take_in(kept, record, |record| record, &self.combine);
    }

    /// Hands the task's result over.
    pub fn finish(&self, kept: Option<T>, _: usize) -> Buckets<T> {
        vec![Vec::from_iter(kept)]
    }

    /// Combines the results of the tasks.
    pub fn merge(&self, results: Buckets<T>) -> impl Iterator<Item = T> {
        let results = Records::of(results);
        std::iter::once(results.fold(self.zero.clone(), &self.combine))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn product(xs: Stream<u64>, out: Sink<u64>) {
            xs.fold(1, |a, b| a * b).to(out);
        }

        fn letters(words: Stream<&str>, out: Sink<String>) {
            words
                .map(str::to_owned)
                .fold(String::new(), |a, b| a + &b)
                .to(out);
        }
    );

    #[test]
    fn one_record_a_batch_whatever_the_partitions() {
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run(product, [vec![2, 3, 4], vec![], vec![7]]);
            assert_eq!(rows, [[24], [1], [7]]);
        }
    }

    #[test]
    fn zero_need_not_be_copy_and_the_order_is_that_of_the_partitions() {
        let rows = TestRun::new().run(letters, [vec!["a", "b", "c"], vec![]]);
        assert_eq!(rows, [["abc"], [""]]);
    }
}
