//! `fold_by_key_and_window`: combines the values of each key over the last few batches, starting
//! from a neutral value.

use std::time::Duration;

use super::windowed::{Moving, Windowed, dealt, steps};
use crate::combining::Combining;
use crate::engine::{Buckets, Exchange};
use crate::key::{Key, StateKey};
use crate::state::Kept;
use crate::stream::{Pair, Stream};
use crate::table::Entry;
use crate::window::{Aggregate, Daba, TwoStacks};

impl<T> Stream<T> {
    /// Combines `zero` and the values of each key over the batches of the last `length`, and puts
    /// out all keys with their results every `slide`; at every batch without a slide.
    ///
    /// `zero` must be neutral and `combine` associative and commutative, as in
    /// [`fold_by_key`](Self::fold_by_key). A key is put out as long as it has a value in the window.
    /// Otherwise it is as [`reduce_by_key_and_window`](Self::reduce_by_key_and_window), which see.
    ///
    /// Shape: wide; remembers. Cost: a slide calls `combine` for each value that enters or leaves,
    /// and puts out every key. Memory: for each batch and key in it twice the value and four bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     #[batch(1s)]
    ///     fn best(scores: Stream<(&str, i64)>, out: Sink<(&str, i64)>) {
    ///         scores.fold_by_key_and_window(0, |a, b| a.max(b), 2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(best, [[("ann", 5)], [("ann", -3)], [("ann", -4)]]));
    /// assert_eq!(rows, [[("ann".into(), 5)], [("ann".into(), 5)], [("ann".into(), 0)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named.
    #[track_caller]
    pub fn fold_by_key_and_window<'b, F>(
        self,
        zero: T::Value,
        combine: F,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<FoldByKeyAndWindow<T::Value>, TwoStacks<F>>,
        Stream<(T::Key, T::Value)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        let aggregate = TwoStacks::new(combine, steps(length, slide));
        (here(zero, aggregate, (length, slide)), Stream::new())
    }

    /// The form of [`fold_by_key_and_window`](Self::fold_by_key_and_window) in a pipeline with
    /// `#[steady]`.
    #[doc(hidden)]
    #[track_caller]
    pub fn fold_by_key_and_window_steady<'b, F>(
        self,
        zero: T::Value,
        combine: F,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<FoldByKeyAndWindow<T::Value>, Daba<F>>,
        Stream<(T::Key, T::Value)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept>,
        F: Fn(T::Value, T::Value) -> T::Value + Sync,
    {
        let aggregate = Daba::new(combine);
        (here(zero, aggregate, (length, slide)), Stream::new())
    }
}

#[track_caller]
fn here<V, A>(
    zero: V,
    aggregate: A,
    window: (Duration, Duration),
) -> Windowed<FoldByKeyAndWindow<V>, A> {
    let operator = FoldByKeyAndWindow { zero };
    Windowed::here("fold_by_key_and_window", operator, aggregate, window)
}

/// `fold_by_key_and_window`: see [`Stream::fold_by_key_and_window`].
#[derive(Debug)]
pub struct FoldByKeyAndWindow<V> {
    zero: V,
}

impl<V: Kept, A: Aggregate<V>> Windowed<FoldByKeyAndWindow<V>, A> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The table of one task.
    pub fn local<K: Key>(&self, room: usize) -> Combining<K, V, V> {
        Combining::with_room(room)
    }

    /// What makes the first value of a key.
    #[inline(always)]
    fn first(&self) -> impl Fn(V) -> V {
        |value| self.aggregate.combine(self.operator.zero.clone(), value)
    }

    /// What adds the next ones.
    #[inline(always)]
    fn combine(&self) -> impl Fn(V, V) -> V {
        |a, b| self.aggregate.combine(a, b)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key>(&self, table: &mut Combining<K, V, V>, record: (K, V)) {
        table.push(record, self.first(), self.combine());
    }

    /// Deals the table out to the partitions.
    pub fn finish<K: Key>(&self, table: Combining<K, V, V>, width: usize) -> Buckets<Entry<K, V>> {
        dealt(table.into_table(self.first(), self.combine()), width)
    }

    /// Moves the window of one partition on.
    pub fn merge<'s, K: StateKey<'s>>(
        &self,
        moving: Moving<'s, K, V, A::Cell>,
    ) -> impl Iterator<Item = (K, V)> {
        self.results(moving)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn totals(pairs: Stream<(u8, i64)>, out: Sink<(u8, i64)>) {
            pairs.fold_by_key_and_window(0, |a, b| a + b, 2s).to(out);
        }

        #[steady]
        fn steady_totals(pairs: Stream<(u8, i64)>, out: Sink<(u8, i64)>) {
            pairs.fold_by_key_and_window(0, |a, b| a + b, 2s).to(out);
        }
    );

    #[test]
    fn zero_does_not_show_whatever_the_partitions() {
        for partitions in 1..4 {
            let batches = [vec![(1, 1), (2, 5), (1, 2)], vec![(1, 10)], vec![], vec![]];
            let run = || TestRun::new().partitions(partitions);
            let rows = sorted(run().run(totals, batches.clone()));
            let expected = [
                vec![(1, 3), (2, 5)],
                vec![(1, 13), (2, 5)],
                vec![(1, 10)],
                vec![],
            ];
            assert_eq!(rows, expected);
            assert_eq!(sorted(run().run(steady_totals, batches)), expected);
        }
    }
}
