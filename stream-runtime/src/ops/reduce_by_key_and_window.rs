//! `reduce_by_key_and_window`: combines the values of each key over the last few batches.

use std::convert::identity;
use std::time::Duration;

use super::windowed::{Moving, Windowed, dealt, steps};
use crate::combining::Combining;
use crate::engine::{Buckets, Exchange};
use crate::key::{Key, StateKey};
use crate::state::Kept;
use crate::stream::{Pair, Stream};
use crate::table::Entry;
use crate::window::{Aggregate, Daba, MonotonicDeque, SubtractOnEvict, TwoStacks};

impl<T> Stream<T> {
    /// Combines the values of each key over the batches of the last `length`, and puts out all keys
    /// with their results every `slide`: `reduce_by_key_and_window(|a, b| a + b, 30s, 10s)`. Without
    /// a slide the window moves at every batch.
    ///
    /// `combine` must be associative and commutative, as in [`reduce_by_key`](Self::reduce_by_key).
    ///
    /// If it has an inverse, give that as well: `(|a, b| a + b, |a, b| a - b, 30s, 10s)`. `inverse`
    /// takes `b` out of `a` again, and `inverse(combine(a, b), b)` must be `a` exactly, so not for
    /// floating-point numbers. It makes a slide cheaper and changes no result; as what was
    /// subtracted must not be lost, the pipeline then needs `#[checkpoint]`.
    ///
    /// At time `T` the window holds the batches in `(T - length, T]`. The first windows are partial,
    /// and slides count from the start of the job. A key is put out as long as it has a value in
    /// the window. At a batch at which the window does not move, nothing after it runs.
    ///
    /// Shape: wide; remembers. Cost: a slide calls the functions for each value that enters or
    /// leaves, however long the window is, and puts out every key. The compiler chooses how, and
    /// `explain` says it: subtract on evict with an inverse; a monotonic deque for a minimum or
    /// maximum that is called by that name; two stacks for anything else. In a pipeline with
    /// `#[steady]` it is DABA lite, with which no slide is long even if there is a single key with a
    /// costly function; it takes more calls on average, and after a restart it brackets anew, which
    /// floating-point numbers show in their last digits. Memory: for each batch
    /// and key in it the value and four bytes, for each key 20 bytes beside it and its result; with
    /// two stacks each value a second time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     #[batch(1s)]
    ///     fn counts(words: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         words.map(|word| (word, 1)).reduce_by_key_and_window(|a, b| a + b, 2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(counts, [vec!["a", "a"], vec!["a"], vec!["b"]]));
    /// let row = |pairs: &[(&str, u64)]| pairs.iter().map(|(w, n)| (w.to_string(), *n)).collect();
    /// let expected: [Vec<_>; 3] = [row(&[("a", 2)]), row(&[("a", 3)]), row(&[("a", 1), ("b", 1)])];
    /// assert_eq!(rows, expected);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named. "cannot be kept from
    /// batch to batch": values are `Clone`, `Serialize` and `Deserialize`, and borrow nothing.
    #[track_caller]
    pub fn reduce_by_key_and_window<'b, F>(
        self,
        combine: F,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<ReduceByKeyAndWindow, TwoStacks<F>>,
        Stream<(T::Key, T::Value)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        let aggregate = TwoStacks::new(combine, steps(length, slide));
        (here(aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`reduce_by_key_and_window`](Self::reduce_by_key_and_window) with an inverse.
    #[doc(hidden)]
    #[track_caller]
    pub fn reduce_by_key_and_window_with_inverse<'b, F, G>(
        self,
        combine: F,
        inverse: G,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<ReduceByKeyAndWindow, SubtractOnEvict<F, G>>,
        Stream<(T::Key, T::Value)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
        G: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        let aggregate = SubtractOnEvict::new(combine, inverse);
        (here(aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`reduce_by_key_and_window`](Self::reduce_by_key_and_window) with a function that
    /// chooses one of its arguments.
    #[doc(hidden)]
    #[track_caller]
    pub fn reduce_by_key_and_window_selecting<'b, F>(
        self,
        select: F,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<ReduceByKeyAndWindow, MonotonicDeque<F>>,
        Stream<(T::Key, T::Value)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept + PartialEq>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        let aggregate = MonotonicDeque::new(select);
        (here(aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`reduce_by_key_and_window`](Self::reduce_by_key_and_window) in a pipeline with
    /// `#[steady]`.
    #[doc(hidden)]
    #[track_caller]
    pub fn reduce_by_key_and_window_steady<'b, F>(
        self,
        combine: F,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<ReduceByKeyAndWindow, Daba<F>>,
        Stream<(T::Key, T::Value)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        let aggregate = Daba::new(combine);
        (here(aggregate, (length, slide)), Stream::new())
    }
}

/// `reduce_by_key_and_window`: see [`Stream::reduce_by_key_and_window`].
#[derive(Debug)]
pub struct ReduceByKeyAndWindow;

#[track_caller]
fn here<A>(aggregate: A, window: (Duration, Duration)) -> Windowed<ReduceByKeyAndWindow, A> {
    let name = "reduce_by_key_and_window";
    Windowed::here(name, ReduceByKeyAndWindow, aggregate, window)
}

impl<A> Windowed<ReduceByKeyAndWindow, A> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The table of one task.
    pub fn local<K: Key, V>(&self, room: usize) -> Combining<K, V, V> {
        Combining::with_room(room)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V>(&self, table: &mut Combining<K, V, V>, record: (K, V))
    where
        A: Aggregate<V>,
    {
        table.push(record, identity, |a, b| self.aggregate.combine(a, b));
    }

    /// Deals the table out to the partitions.
    pub fn finish<K: Key, V>(&self, table: Combining<K, V, V>, width: usize) -> Buckets<Entry<K, V>>
    where
        A: Aggregate<V>,
    {
        let combine = |a, b| self.aggregate.combine(a, b);
        dealt(table.into_table(identity, combine), width)
    }

    /// Moves the window of one partition on.
    pub fn merge<'s, K: StateKey<'s>, V: Kept>(
        &self,
        moving: Moving<'s, K, V, A::Cell>,
    ) -> impl Iterator<Item = (K, V)>
    where
        A: Aggregate<V>,
    {
        self.results(moving)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.reduce_by_key_and_window(|a, b| a + b, 3s, 2s).to(out);
        }

        #[checkpoint]
        fn sums_with_inverse(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs
                .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 3s, 2s)
                .to(out);
        }

        #[steady]
        fn sums_without_long_slides(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.reduce_by_key_and_window(|a, b| a + b, 3s, 2s).to(out);
        }

        fn largest(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.reduce_by_key_and_window(Ord::max, 2s).to(out);
        }
    );

    fn batches() -> [Vec<(&'static str, u64)>; 6] {
        [
            vec![("a", 1), ("b", 5), ("a", 2)],
            vec![("a", 4)],
            vec![("c", 8)],
            vec![],
            vec![],
            vec![("b", 1)],
        ]
    }

    fn row(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
        let pairs = pairs.iter().map(|(key, n)| ((*key).to_owned(), *n));
        pairs.collect()
    }

    #[test]
    fn a_window_slides_whatever_the_partitions() {
        for partitions in 1..4 {
            let run = || TestRun::new().partitions(partitions);
            let expected = [
                row(&[("a", 7), ("b", 5)]),
                row(&[("a", 4), ("c", 8)]),
                row(&[("b", 1)]),
            ];
            assert_eq!(sorted(run().run(sums, batches())), expected);
            assert_eq!(sorted(run().run(sums_with_inverse, batches())), expected);
            let steady = run().run(sums_without_long_slides, batches());
            assert_eq!(sorted(steady), expected);
        }
    }

    #[test]
    fn without_a_slide_it_moves_at_every_batch() {
        for partitions in 1..4 {
            let rows = sorted(
                TestRun::new()
                    .partitions(partitions)
                    .run(largest, batches()),
            );
            let expected = [
                row(&[("a", 2), ("b", 5)]),
                row(&[("a", 4), ("b", 5)]),
                row(&[("a", 4), ("c", 8)]),
                row(&[("c", 8)]),
                vec![],
                row(&[("b", 1)]),
            ];
            assert_eq!(rows, expected);
        }
    }
}
