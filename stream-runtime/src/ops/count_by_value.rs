//! `count_by_value`: how often each record occurs in a batch.

use crate::combining::{Combining, merge_combined};
use crate::engine::Exchange;
use crate::key::Key;
use crate::parts::Dealt;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Counts how often each record occurs in a batch: pairs of record and count.
    ///
    /// It is `map(|x| (x, 1)).reduce_by_key(|a, b| a + b)`, said shorter. The stream that comes
    /// out is keyed by the records.
    ///
    /// Shape: wide. Memory: one entry per distinct record of the batch, in each task that meets it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn word_count(words: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         words.count_by_value().to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(word_count, [vec!["to", "be", "to"], vec![]]));
    /// assert_eq!(rows, [vec![("be".into(), 1), ("to".into(), 2)], vec![]]);
    /// ```
    #[track_caller]
    pub fn count_by_value<'b>(self) -> (CountByValue, Stream<(T, u64)>)
    where
        T: Key + Exchange<'b>,
    {
        (
            CountByValue {
                site: Site::here("count_by_value"),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::count_by_value`].
#[derive(Debug)]
pub struct CountByValue {
    /// Where the operator stands.
    pub site: Site,
}

impl CountByValue {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The counts of one task.
    pub fn local<T: Key>(&self, room: usize) -> Combining<T, (), u64> {
        Combining::with_room(room)
    }

    /// Counts one record.
    #[inline(always)]
    pub fn push<T: Key>(&self, counts: &mut Combining<T, (), u64>, record: T) {
        counts.push((record, ()), first, one_more);
    }

    /// Deals the counts out to the partitions.
    pub fn finish<T: Key>(
        &self,
        counts: Combining<T, (), u64>,
        width: usize,
    ) -> Vec<Dealt<T, u64>> {
        counts.deal(width, first, one_more)
    }

    /// The sums of the tasks' counts.
    pub fn merge<T: Key>(&self, counts: Vec<Dealt<T, u64>>) -> impl Iterator<Item = (T, u64)> {
        merge_combined(counts, |a, b| a + b)
    }
}

/// The count of a value that is met for the first time.
#[inline(always)]
pub(super) fn first((): ()) -> u64 {
    1
}

/// The count of a value that is met again.
#[inline(always)]
pub(super) fn one_more(count: u64, (): ()) -> u64 {
    count + 1
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn counted(xs: Stream<u64>, out: Sink<(u64, u64)>) {
            xs.count_by_value().to(out);
        }
    );

    #[test]
    fn counts_meet_across_partitions() {
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let rows = sorted(run.run(counted, [vec![7, 8, 7, 7, 9, 8], vec![], vec![7]]));
            assert_eq!(rows, [vec![(7, 3), (8, 2), (9, 1)], vec![], vec![(7, 1)]]);
        }
    }
}
