//! `count`: how many records a batch has.

use crate::engine::Buckets;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Puts out one number a batch: how many records it has. An empty batch gives 0.
    ///
    /// Shape: wide, to one partition; each task counts for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn how_many(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.count().to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(how_many, [vec![], vec![1], vec![1, 2, 3]]), [[0], [1], [3]]);
    /// ```
    #[track_caller]
    pub fn count(self) -> (Count, Stream<u64>) {
        (
            Count {
                site: Site::here("count"),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::count`].
#[derive(Debug)]
pub struct Count {
    /// Where the operator stands.
    pub site: Site,
}

impl Count {
    /// All numbers meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
    }

    /// The count of one task.
    pub fn local(&self) -> u64 {
        0
    }

    /// Counts one record.
    #[inline(always)]
    pub fn push<T>(&self, count: &mut u64, _: T) {
        *count += 1;
    }

    /// Hands the count over.
    pub fn finish(&self, count: u64, _: usize) -> Buckets<u64> {
        vec![vec![count]]
    }

    /// The sum of the counts.
    pub fn merge(&self, counts: Buckets<u64>) -> impl Iterator<Item = u64> {
        std::iter::once(counts.into_iter().flatten().sum())
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn evens(xs: Stream<u64>, out: Sink<u64>) {
            xs.filter(|x| x % 2 == 0).count().to(out);
        }
    );

    #[test]
    fn an_empty_batch_counts_zero() {
        assert_eq!(
            run_batches(evens, [vec![], vec![1], vec![2, 3, 4]]),
            [[0], [0], [2]]
        );
    }
}
