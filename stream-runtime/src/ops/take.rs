//! `take`: the first records of each batch.

use crate::buckets::Records;
use crate::engine::{Buckets, Exchange};
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Keeps the first `n` records of each batch: those of the first partition, then of the next
    /// ones, in the order in which they stand there.
    ///
    /// After a shuffle, partitions have no order that means anything; use [`top_k`](Self::top_k)
    /// or [`sort_by`](Self::sort_by) for the greatest.
    ///
    /// Shape: wide, to one partition. Memory: at most `n` records per task. All records of the
    /// batch are computed, since tasks run side by side; what is not kept is dropped at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn heads(words: Stream<&str>, out: Sink<&str>) {
    ///         words.take(2).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(heads, [vec!["to", "be", "or"], vec!["not"]]), [vec!["to", "be"], vec!["not"]]);
    /// ```
    #[track_caller]
    pub fn take<'b>(self, n: usize) -> (Take, Stream<T>)
    where
        T: Exchange<'b>,
    {
        (
            Take {
                site: Site::here("take"),
                n,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::take`].
#[derive(Debug)]
pub struct Take {
    /// Where the operator stands.
    pub site: Site,
    n: usize,
}

impl Take {
    /// All records that may be kept meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
    }

    /// The first records of one task.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record, while there is a use for it.
    #[inline(always)]
    pub fn push<T>(&self, taken: &mut Vec<T>, record: T) {
        if taken.len() < self.n {
            taken.push(record);
        }
    }

    /// Hands the records over.
    pub fn finish<T>(&self, taken: Vec<T>, _: usize) -> Buckets<T> {
        vec![taken]
    }

    /// The first records of all tasks.
    pub fn merge<T>(&self, taken: Buckets<T>) -> impl Iterator<Item = T> {
        Records::of(taken).take(self.n)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn first(xs: Stream<u64>, n: usize, out: Sink<u64>) {
            xs.take(n).to(out);
        }
    );

    #[test]
    fn the_first_in_partition_order() {
        for (partitions, n) in (1..5).flat_map(|p| (0..7).map(move |n| (p, n))) {
            let run = TestRun::new().partitions(partitions);
            let rows = run.run(
                |xs, out| first(xs, n, out),
                [vec![5, 4, 3, 2, 1], vec![], vec![9]],
            );
            let expected = [vec![5, 4, 3, 2, 1], vec![], vec![9]]
                .map(|row| row.into_iter().take(n).collect::<Vec<_>>());
            assert_eq!(rows, expected, "{partitions} partitions, {n} records");
        }
    }
}
