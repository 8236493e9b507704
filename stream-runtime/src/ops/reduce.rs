//! `reduce`: combines all records of a batch into one.

use crate::buckets::Records;
use crate::combining::take_in;
use crate::engine::{Buckets, Exchange};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Combines all records of a batch with `combine` and puts out the one that is left. An empty
    /// batch puts out nothing.
    ///
    /// `combine` must be associative and commutative: each task combines the records of its
    /// partition, and the partial results are combined again. A single record never reaches
    /// `combine`.
    ///
    /// For a result in every batch, and for the fastest loop over numbers, use
    /// [`fold`](Self::fold).
    ///
    /// Shape: wide, to one partition. Memory: one record per task.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn longest(words: Stream<&str>, out: Sink<&str>) {
    ///         words.reduce(|a, b| if b.len() > a.len() { b } else { a }).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(longest, [vec!["to", "dream", "of"], vec![]]), [vec!["dream"], vec![]]);
    /// ```
    #[track_caller]
    pub fn reduce<'b, F>(self, combine: F) -> (Reduce<F>, Stream<T>)
    where
        T: Exchange<'b>,
        F: Fn(T, T) -> T + Sync,
    {
        (
            Reduce {
                site: Site::here("reduce"),
                combine,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::reduce`].
#[derive(Debug)]
pub struct Reduce<F> {
    /// Where the operator stands.
    pub site: Site,
    combine: F,
}

impl<F> Reduce<F> {
    /// All results meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
    }

    /// What one task has seen so far.
    pub fn local<T>(&self) -> Option<T> {
        None
    }

    /// Whether a record has been taken in.
    #[inline(always)]
    pub fn has_begun<T>(&self, kept: &Option<T>) -> bool {
        kept.is_some()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, kept: &mut Option<T>, record: T)
    where
        F: Fn(T, T) -> T,
    {
        take_in(kept, record, |record| record, &self.combine);
    }

    /// Hands the task's result over, if it saw a record.
    pub fn finish<T>(&self, kept: Option<T>, _: usize) -> Buckets<T> {
        vec![Vec::from_iter(kept)]
    }

    /// Combines the results of the tasks.
    pub fn merge<T>(&self, results: Buckets<T>) -> impl Iterator<Item = T>
    where
        F: Fn(T, T) -> T,
    {
        let result = Records::of(results).reduce(&self.combine);
        result.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, run_batches};

    stream!(
        fn largest(xs: Stream<u64>, out: Sink<u64>) {
            xs.reduce(Ord::max).to(out);
        }

        fn largest_even_doubled(xs: Stream<u64>, out: Sink<u64>) {
            xs.filter(|x| x % 2 == 0)
                .reduce(|a, b| a.max(b))
                .map(|x| x * 2)
                .to(out);
        }
    );

    #[test]
    fn one_record_or_none_whatever_the_partitions() {
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run(largest, [vec![3, 9, 4, 1], vec![], vec![7]]);
            assert_eq!(rows, [vec![9], vec![], vec![7]]);
        }
    }

    #[test]
    fn the_result_goes_on_as_a_stream() {
        let rows = run_batches(largest_even_doubled, [vec![1, 2, 3, 4], vec![1]]);
        assert_eq!(rows, [vec![8], vec![]]);
    }
}
