//! `count_by_window`: how many records there are in the last few batches.

use std::time::Duration;

use super::count_by_value_and_window::{Count, counting};
use super::windowed::{Moving, Windowed, alone};
use crate::engine::Buckets;
use crate::stream::Stream;
use crate::table::Entry;
use crate::window::{Aggregate, SubtractOnEvict};

impl<T> Stream<T> {
    /// Counts the records in the batches of the last `length`, and puts out their number every
    /// `slide`, 0 as well; at every batch without a slide.
    ///
    /// At a batch at which the window does not move, nothing after it runs.
    ///
    /// Shape: wide, to one partition; remembers. Cost: constant per batch. Memory: some 60 bytes per
    /// batch of the window.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[batch(1s)]
    ///     fn load(requests: Stream<&str>, out: Sink<u64>) {
    ///         requests.count_by_window(2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(load, [vec![], vec!["a", "b"], vec!["c"], vec![], vec![]]);
    /// assert_eq!(rows, [[0], [2], [3], [1], [0]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named.
    #[track_caller]
    pub fn count_by_window(
        self,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<CountByWindow, SubtractOnEvict<Count, Count>>,
        Stream<u64>,
    ) {
        let (name, operator) = ("count_by_window", CountByWindow);
        let kernel = Windowed::here(name, operator, counting(), (length, slide));
        (kernel, Stream::new())
    }
}

/// `count_by_window`: see [`Stream::count_by_window`].
#[derive(Debug)]
pub struct CountByWindow;

impl<A: Aggregate<u64>> Windowed<CountByWindow, A> {
    /// All counts meet in one partition.
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

    /// Hands the task's count over.
    pub fn finish(&self, count: u64, _: usize) -> Buckets<Entry<(), u64>> {
        alone((count > 0).then_some(count))
    }

    /// Moves the window on.
    pub fn merge(&self, moving: Moving<'_, (), u64, A::Cell>) -> impl Iterator<Item = u64> {
        let is_due = moving.is_due();
        let count = self.results(moving).next().map_or(0, |((), count)| count);
        is_due.then_some(count).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn counts(xs: Stream<u64>, out: Sink<u64>) {
            xs.filter(|x| x % 2 == 1).count_by_window(3s, 2s).to(out);
        }
    );

    #[test]
    fn an_empty_window_counts_too_whatever_the_partitions() {
        for partitions in 1..4 {
            let batches = [
                vec![],
                vec![],
                vec![1, 3, 4],
                vec![5],
                vec![],
                vec![],
                vec![],
                vec![],
            ];
            let rows = TestRun::new().partitions(partitions).run(counts, batches);
            assert_eq!(rows, [[0], [3], [1], [0]]);
        }
    }
}
