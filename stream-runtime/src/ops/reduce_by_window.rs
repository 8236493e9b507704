//! `reduce_by_window`: combines all records of the last few batches into one.

use std::time::Duration;

use super::windowed::{Moving, Windowed, alone, steps};
use crate::combining::take_in;
use crate::engine::Buckets;
use crate::state::Kept;
use crate::stream::Stream;
use crate::table::Entry;
use crate::window::{Aggregate, Daba, MonotonicDeque, SubtractOnEvict, TwoStacks};

impl<T> Stream<T> {
    /// Combines all records in the batches of the last `length` with `combine`, and puts out the one
    /// that is left every `slide`; at every batch without a slide. An empty window puts out
    /// nothing.
    ///
    /// `combine` must be associative and commutative, as in [`reduce`](Self::reduce). If it has an
    /// inverse, give that as well: `reduce_by_window(|a, b| a + b, |a, b| a - b, 30s, 10s)`; see
    /// [`reduce_by_key_and_window`](Self::reduce_by_key_and_window) for what it must be, and for
    /// how the compiler chooses between algorithms.
    ///
    /// At a batch at which the window does not move, nothing after it runs.
    ///
    /// Shape: wide, to one partition; remembers. Cost: a few calls of `combine` per batch on average,
    /// however long the window is. Memory: two records per batch of the window, one with an inverse.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[batch(1s)]
    ///     fn peak(loads: Stream<u64>, out: Sink<u64>) {
    ///         loads.reduce_by_window(Ord::max, 2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(peak, [vec![3, 7], vec![5], vec![], vec![]]);
    /// assert_eq!(rows, [vec![7], vec![7], vec![5], vec![]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named. "cannot be kept from
    /// batch to batch": records are `Clone`, `Serialize` and `Deserialize`, and borrow nothing.
    #[track_caller]
    pub fn reduce_by_window<F>(
        self,
        combine: F,
        length: Duration,
        slide: Duration,
    ) -> (Windowed<ReduceByWindow, TwoStacks<F>>, Stream<T>)
    where
        T: Kept,
        F: Fn(T, T) -> T + Sync,
    {
        let aggregate = TwoStacks::new(combine, steps(length, slide));
        (here(aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`reduce_by_window`](Self::reduce_by_window) with an inverse.
    #[doc(hidden)]
    #[track_caller]
    pub fn reduce_by_window_with_inverse<F, G>(
        self,
        combine: F,
        inverse: G,
        length: Duration,
        slide: Duration,
    ) -> (Windowed<ReduceByWindow, SubtractOnEvict<F, G>>, Stream<T>)
    where
        T: Kept,
        F: Fn(T, T) -> T + Sync,
        G: Fn(T, T) -> T + Sync,
    {
        let aggregate = SubtractOnEvict::new(combine, inverse);
        (here(aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`reduce_by_window`](Self::reduce_by_window) with a function that chooses one of
    /// its arguments.
    #[doc(hidden)]
    #[track_caller]
    pub fn reduce_by_window_selecting<F>(
        self,
        select: F,
        length: Duration,
        slide: Duration,
    ) -> (Windowed<ReduceByWindow, MonotonicDeque<F>>, Stream<T>)
    where
        T: Kept + PartialEq,
        F: Fn(T, T) -> T + Sync,
    {
        let aggregate = MonotonicDeque::new(select);
        (here(aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`reduce_by_window`](Self::reduce_by_window) in a pipeline with `#[steady]`.
    #[doc(hidden)]
    #[track_caller]
    pub fn reduce_by_window_steady<F>(
        self,
        combine: F,
        length: Duration,
        slide: Duration,
    ) -> (Windowed<ReduceByWindow, Daba<F>>, Stream<T>)
    where
        T: Kept,
        F: Fn(T, T) -> T + Sync,
    {
        let aggregate = Daba::new(combine);
        (here(aggregate, (length, slide)), Stream::new())
    }
}

/// `reduce_by_window`: see [`Stream::reduce_by_window`].
#[derive(Debug)]
pub struct ReduceByWindow;

#[track_caller]
fn here<A>(aggregate: A, window: (Duration, Duration)) -> Windowed<ReduceByWindow, A> {
    Windowed::here("reduce_by_window", ReduceByWindow, aggregate, window)
}

impl<A> Windowed<ReduceByWindow, A> {
    /// All results meet in one partition.
    pub fn width(&self, _: usize) -> usize {
        1
    }

    /// What one task has seen so far.
    pub fn local<T>(&self) -> Option<T> {
        None
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, kept: &mut Option<T>, record: T)
    where
        A: Aggregate<T>,
    {
        take_in(
            kept,
            record,
            |record| record,
            |a, b| self.aggregate.combine(a, b),
        );
    }

    /// Hands the task's result over, if it saw a record.
    pub fn finish<T>(&self, kept: Option<T>, _: usize) -> Buckets<Entry<(), T>> {
        alone(kept)
    }

    /// Moves the window on.
    pub fn merge<T: Kept>(&self, moving: Moving<'_, (), T, A::Cell>) -> impl Iterator<Item = T>
    where
        A: Aggregate<T>,
    {
        self.results(moving).map(|((), record)| record)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn sums(xs: Stream<u64>, out: Sink<u64>) {
            xs.reduce_by_window(|a, b| a + b, 3s, 1s).to(out);
        }

        #[checkpoint]
        fn sums_with_inverse(xs: Stream<u64>, out: Sink<u64>) {
            xs.reduce_by_window(|a, b| a + b, |a, b| a - b, 3s).to(out);
        }

        #[steady]
        fn sums_without_long_slides(xs: Stream<u64>, out: Sink<u64>) {
            xs.reduce_by_window(|a, b| a + b, 3s).to(out);
        }

        fn least(xs: Stream<u64>, out: Sink<u64>) {
            xs.reduce_by_window(|a, b| a.min(b), 2s).to(out);
        }
    );

    #[test]
    fn an_empty_window_gives_nothing_whatever_the_partitions() {
        for partitions in 1..4 {
            let batches = || [vec![], vec![1, 2], vec![3], vec![], vec![], vec![], vec![4]];
            let run = || TestRun::new().partitions(partitions);
            let expected = [vec![], vec![3], vec![6], vec![6], vec![3], vec![], vec![4]];
            assert_eq!(run().run(sums, batches()), expected);
            assert_eq!(run().run(sums_with_inverse, batches()), expected);
            assert_eq!(run().run(sums_without_long_slides, batches()), expected);
            let expected = [vec![], vec![1], vec![1], vec![3], vec![], vec![], vec![4]];
            assert_eq!(run().run(least, batches()), expected);
        }
    }
}
