//! `count_by_value_and_window`: how often each record occurs in the last few batches.

use std::time::Duration;

use super::count_by_value::{first, one_more};
use super::windowed::{Moving, Windowed, dealt};
use crate::combining::Combining;
use crate::engine::{Buckets, Exchange};
use crate::key::{Key, StateKey};
use crate::stream::Stream;
use crate::table::Entry;
use crate::window::{Aggregate, SubtractOnEvict};

impl<T> Stream<T> {
    /// Counts how often each record occurs in the batches of the last `length`, and puts out pairs
    /// of record and count every `slide`; at every batch without a slide. What does not occur is
    /// not put out.
    ///
    /// The stream that comes out is keyed by the records. At a batch at which the window does not
    /// move, nothing after it runs.
    ///
    /// Shape: wide; remembers. Cost: a slide adds the counts of the batches that enter and subtracts
    /// those of the batches that leave, however long the window is, and puts out every record that
    /// there is. Memory: 12 bytes for each batch and distinct record in it, and some 40 bytes beside
    /// each record.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     #[batch(1s)]
    ///     fn trending(tags: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         tags.count_by_value_and_window(2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(trending, [vec!["x", "x"], vec!["x"], vec!["y"]]));
    /// assert_eq!(rows[1], [("x".into(), 3)]);
    /// assert_eq!(rows[2], [("x".into(), 1), ("y".into(), 1)]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named.
    #[track_caller]
    pub fn count_by_value_and_window<'b>(
        self,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<CountByValueAndWindow, SubtractOnEvict<Count, Count>>,
        Stream<(T, u64)>,
    )
    where
        T: StateKey<'b> + Exchange<'b>,
    {
        let (name, operator) = ("count_by_value_and_window", CountByValueAndWindow);
        let kernel = Windowed::here(name, operator, counting(), (length, slide));
        (kernel, Stream::new())
    }
}

/// What adds or subtracts counts.
pub(super) type Count = fn(u64, u64) -> u64;

/// Counts of a window.
pub(super) fn counting() -> SubtractOnEvict<Count, Count> {
    SubtractOnEvict::new(|a, b| a + b, |a, b| a - b)
}

/// `count_by_value_and_window`: see [`Stream::count_by_value_and_window`].
#[derive(Debug)]
pub struct CountByValueAndWindow;

impl<A: Aggregate<u64>> Windowed<CountByValueAndWindow, A> {
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
    ) -> Buckets<Entry<T, u64>> {
        dealt(counts.into_table(first, one_more), width)
    }

    /// Moves the window of one partition on.
    pub fn merge<'s, T: StateKey<'s>>(
        &self,
        moving: Moving<'s, T, u64, A::Cell>,
    ) -> impl Iterator<Item = (T, u64)> {
        self.results(moving)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn counts(xs: Stream<u64>, out: Sink<(u64, u64)>) {
            xs.count_by_value_and_window(2s).to(out);
        }
    );

    #[test]
    fn what_has_left_is_gone_whatever_the_partitions() {
        for partitions in 1..4 {
            let batches = [vec![1, 2, 1], vec![], vec![2], vec![]];
            let rows = sorted(TestRun::new().partitions(partitions).run(counts, batches));
            let expected = [
                vec![(1, 2), (2, 1)],
                vec![(1, 2), (2, 1)],
                vec![(2, 1)],
                vec![(2, 1)],
            ];
            assert_eq!(rows, expected);
        }
    }
}
