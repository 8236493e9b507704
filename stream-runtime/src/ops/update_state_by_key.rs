//! `update_state_by_key`: a state per key that each batch brings up to date.

use std::fmt;
use std::marker::PhantomData;

use crate::context::BatchContext;
use crate::engine::Exchange;
use crate::error::Failure;
use crate::generated::waiting;
use crate::grouping::group;
use crate::key::{Key, StateKey};
use crate::parts::{Dealt, Parts};
use crate::site::Site;
use crate::state::{
    Age, InitialRows, Kept, KeyedStates, Limits, Open, Partitioned, Slot, StateSpec,
};
use crate::stream::{Pair, Stream};
use crate::table::Entry;
use crate::time::BatchTime;

impl<T> Stream<T> {
    /// Keeps a state for each key, and calls `update` for every key at every batch: with the values
    /// of the key in this batch, which may be none, and with its state, which a new key does not
    /// have. What `update` returns is the new state; `None` forgets the key. Out come all keys with
    /// their states, at every batch.
    ///
    /// The values of a key come in the order of their partitions, and within a partition in the
    /// order of the input.
    ///
    /// Shape: wide; remembers, so the pipeline needs `#[checkpoint]`. Cost: each batch visits every
    /// key that there is. Where only the keys that a batch brings matter, use `map_with_state`.
    /// Memory: one state per key, some 20 bytes beyond key and state each.
    ///
    /// Further forms: with a function of four arguments, `|time, key, values, state| …`, it sees the
    /// batch's time and the key, as it is kept; with a [`StateSpec`] as the second argument the state
    /// begins with some keys, or keys end by themselves: `StateSpec::new().time_to_live(1h)`. A key is
    /// touched by each batch that has values of it. A time-out is a time to live here, since the
    /// function sees every key at every batch anyway.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     #[checkpoint]
    ///     fn totals(words: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         words
    ///             .map(|word| (word, 1))
    ///             .update_state_by_key(|ones, total| Some(total.unwrap_or(0u64) + ones.len() as u64))
    ///             .to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(totals, [vec!["a", "b"], vec!["a"]]));
    /// let row = |a, b| vec![("a".to_owned(), a), ("b".to_owned(), b)];
    /// assert_eq!(rows, [row(1, 1), row(2, 1)]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "the pipeline has no `#[checkpoint]`": write it above the function. "cannot be kept from batch
    /// to batch": a state is `Clone`, `Serialize` and `Deserialize`, and borrows nothing.
    #[track_caller]
    pub fn update_state_by_key<'b, S, F>(
        self,
        update: F,
    ) -> (
        UpdateStateByKey<'b, Values<F>, T::Key, S>,
        Stream<(T::Key, S)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(&[T::Value], Option<S>) -> Option<S> + Sync,
    {
        self.update_state_by_key_spec(update, StateSpec::new())
    }

    /// [`update_state_by_key`](Self::update_state_by_key) with a [`StateSpec`].
    #[doc(hidden)]
    #[track_caller]
    pub fn update_state_by_key_spec<'b, 'i, S, F, A>(
        self,
        update: F,
        spec: StateSpec<'i, T::Key, S, A>,
    ) -> (
        UpdateStateByKey<'i, Values<F>, T::Key, S, A>,
        Stream<(T::Key, S)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(&[T::Value], Option<S>) -> Option<S> + Sync,
        A: Age,
    {
        (UpdateStateByKey::new(Values(update), spec), Stream::new())
    }

    /// [`update_state_by_key`](Self::update_state_by_key) with time and key.
    #[doc(hidden)]
    #[track_caller]
    pub fn update_state_by_key_full<'b, S, F>(
        self,
        update: F,
    ) -> (
        UpdateStateByKey<'b, Full<F>, T::Key, S>,
        Stream<(T::Key, S)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(BatchTime, &<T::Key as StateKey<'b>>::Owned, &[T::Value], Option<S>) -> Option<S>
            + Sync,
    {
        self.update_state_by_key_full_spec(update, StateSpec::new())
    }

    /// [`update_state_by_key`](Self::update_state_by_key) with time and key, and a [`StateSpec`].
    #[doc(hidden)]
    #[track_caller]
    pub fn update_state_by_key_full_spec<'b, 'i, S, F, A>(
        self,
        update: F,
        spec: StateSpec<'i, T::Key, S, A>,
    ) -> (
        UpdateStateByKey<'i, Full<F>, T::Key, S, A>,
        Stream<(T::Key, S)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(BatchTime, &<T::Key as StateKey<'b>>::Owned, &[T::Value], Option<S>) -> Option<S>
            + Sync,
        A: Age,
    {
        (UpdateStateByKey::new(Full(update), spec), Stream::new())
    }
}

/// The user's function, in either form.
pub trait Update<K, V, S> {
    /// The new state of a key.
    fn update(&self, time: BatchTime, key: &K, values: &[V], state: Option<S>) -> Option<S>;
}

/// A function of values and state.
#[derive(Debug)]
pub struct Values<F>(F);

/// A function of time, key, values and state.
#[derive(Debug)]
pub struct Full<F>(F);

impl<K, V, S, F: Fn(&[V], Option<S>) -> Option<S>> Update<K, V, S> for Values<F> {
    #[inline(always)]
    fn update(&self, _: BatchTime, _: &K, values: &[V], state: Option<S>) -> Option<S> {
        (self.0)(values, state)
    }
}

impl<K, V, S, F> Update<K, V, S> for Full<F>
where
    F: Fn(BatchTime, &K, &[V], Option<S>) -> Option<S>,
{
    #[inline(always)]
    fn update(&self, time: BatchTime, key: &K, values: &[V], state: Option<S>) -> Option<S> {
        (self.0)(time, key, values, state)
    }
}

/// The kernel of [`Stream::update_state_by_key`].
pub struct UpdateStateByKey<'i, F, K, S, A = ()> {
    /// Where the operator stands.
    pub site: Site,
    update: F,
    initial: Option<InitialRows<'i, K, S>>,
    limits: Limits,
    age: PhantomData<fn() -> A>,
}

impl<F, K, S, A> fmt::Debug for UpdateStateByKey<'_, F, K, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateStateByKey")
            .field("site", &self.site)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<'i, F, K, S, A: Age> UpdateStateByKey<'i, F, K, S, A> {
    #[track_caller]
    fn new(update: F, spec: StateSpec<'i, K, S, A>) -> Self {
        Self {
            site: Site::here("update_state_by_key"),
            update,
            initial: spec.initial,
            limits: spec.limits.without_timeout(),
            age: PhantomData,
        }
    }

    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The records of one task, of which about `expected` will come.
    pub fn local<V>(&self, expected: usize, _: usize) -> Parts<K, V>
    where
        K: Key,
    {
        Parts::for_tables(expected)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<V>(&self, records: &mut Parts<K, V>, (key, value): (K, V))
    where
        K: Key,
    {
        records.push(Entry::new(key, value));
    }

    /// Deals the records out to the partitions.
    pub fn finish<V>(&self, records: Parts<K, V>, width: usize) -> Vec<Dealt<K, V>>
    where
        K: Key,
    {
        records.deal(width)
    }

    /// Gives each partition its states, beside the records that arrived there; and about how many
    /// records there are to visit.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn open<'s, V>(
        &mut self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        arrived: Vec<Vec<Dealt<K, V>>>,
    ) -> Result<(Vec<Visit<'s, K, V, S, A>>, usize), Failure>
    where
        K: StateKey<'s>,
        S: Kept,
        F: Update<K::Owned, V, S>,
    {
        let (now, partitions) = (context.time(), context.partitions());
        let initial = self.initial.take().filter(|_| slot.is_new());
        let states: &mut Partitioned<KeyedStates<K::Owned, Option<S>, A>> =
            slot.state(self.site, || Partitioned::new(partitions))?;
        for (key, state) in initial.into_iter().flatten() {
            let hash = key.hash(&key.digest());
            let part = states.part_of(hash);
            part.begin_with(hash, &key, Some(state), now);
        }
        let keys: usize = states.parts().iter().map(KeyedStates::len).sum();
        let waiting = keys + waiting(&arrived);
        let parts = states.parts_mut().iter_mut().zip(arrived);
        let parts = parts.map(|(part, records)| Visit {
            open: part.open(now, self.limits.clone()),
            max_keys: self.limits.max_keys_of_part(partitions),
            records,
        });
        Ok((parts.collect(), waiting))
    }

    /// Brings the states of one partition up to date.
    pub fn merge<'s, V>(
        &self,
        visit: Visit<'s, K, V, S, A>,
    ) -> impl Iterator<Item = (K, S)> + use<'s, 'i, F, K, V, S, A>
    where
        K: StateKey<'s>,
        S: Kept,
        F: Update<K::Owned, V, S>,
    {
        let Visit {
            mut open,
            max_keys,
            records,
        } = visit;
        let now = open.now();
        let update =
            |key: &K::Owned, values: &[V], state| self.update.update(now, key, values, state);
        open.update_all(group(records), update);
        open.evict(max_keys);
        let pairs = open.into_snapshot();
        pairs.filter_map(|(key, state): (K, Option<S>)| Some((key, state?)))
    }
}

/// What a task of [`UpdateStateByKey`] works on.
#[derive(Debug)]
pub struct Visit<'s, K: StateKey<'s>, V, S, A> {
    open: Open<'s, K::Owned, Option<S>, A>,
    max_keys: Option<usize>,
    records: Vec<Dealt<K, V>>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        #[checkpoint]
        fn totals(pairs: Stream<(&str, i64)>, out: Sink<(&str, i64)>) {
            pairs
                .update_state_by_key(|values: &[i64], total: Option<i64>| {
                    let total = total.unwrap_or(0) + values.iter().sum::<i64>();
                    (total != 0).then_some(total)
                })
                .to(out);
        }
    );

    fn row(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
        pairs
            .iter()
            .map(|(key, n)| ((*key).to_owned(), *n))
            .collect()
    }

    #[test]
    fn every_key_comes_out_at_every_batch_until_it_is_forgotten() {
        let batches = [
            vec![("a", 1), ("b", 2)],
            vec![],
            vec![("a", -1), ("c", 3)],
            vec![("a", 5)],
        ];
        for partitions in [1, 2, 7] {
            let run = TestRun::new().partitions(partitions);
            let rows = sorted(run.run(totals, batches.clone()));
            assert_eq!(
                rows,
                [
                    row(&[("a", 1), ("b", 2)]),
                    row(&[("a", 1), ("b", 2)]),
                    row(&[("b", 2), ("c", 3)]),
                    row(&[("a", 5), ("b", 2), ("c", 3)]),
                ]
            );
        }
    }

    stream!(
        #[checkpoint]
        fn bounded(
            pairs: Stream<(&str, i64)>,
            evicted: Accumulator<Count>,
            out: Sink<(&str, i64)>,
        ) {
            pairs
                .update_state_by_key(
                    |time, key, values, total| {
                        assert!(key.len() == 1 && time.as_millis() > 0);
                        Some(total.unwrap_or(0i64) + values.iter().sum::<i64>())
                    },
                    StateSpec::new()
                        .initial([("a", 10), ("b", 20)])
                        .time_to_live(2s)
                        .max_keys(2)
                        .count_evicted(evicted),
                )
                .to(out);
        }
    );

    #[test]
    fn keys_begin_end_and_are_bounded() {
        let evicted = Accumulator::named("evicted");
        let counted = evicted.clone();
        let run = TestRun::new().partitions(1);
        let batches = [
            vec![],
            vec![("a", 1)],
            vec![("c", 1)],
            vec![],
            vec![],
            vec![],
        ];
        let rows = run.run(|pairs, out| bounded(pairs, counted, out), batches);
        assert_eq!(
            sorted(rows),
            [
                row(&[("a", 10), ("b", 20)]),
                row(&[("a", 11), ("b", 20)]),
                row(&[("a", 11), ("c", 1)]),
                row(&[("a", 11), ("c", 1)]),
                row(&[("c", 1)]),
                row(&[]),
            ]
        );
        assert_eq!(evicted.value(), 3);
    }

    stream!(
        #[checkpoint]
        fn failing(pairs: Stream<(&str, i64)>, fail: &'static AtomicBool, out: Sink<(&str, i64)>) {
            pairs
                .update_state_by_key(|values: &[i64], total: Option<i64>| {
                    Some(total.unwrap_or(0) + values.iter().sum::<i64>())
                })
                .inspect(|(_, total)| {
                    assert!(*total < 5 || !fail.swap(false, Ordering::Relaxed), "once");
                })
                .to(out);
        }
    );

    #[test]
    fn what_an_attempt_that_failed_has_changed_is_forgotten() {
        static FAIL: AtomicBool = AtomicBool::new(true);
        let run = TestRun::new().attempts(2);
        let rows = run.run(
            |pairs, out| failing(pairs, &FAIL, out),
            [vec![("a", 3)], vec![("a", 4)], vec![("a", 1)]],
        );
        assert_eq!(rows, [row(&[("a", 3)]), row(&[("a", 7)]), row(&[("a", 8)])]);
        assert!(!FAIL.load(Ordering::Relaxed), "it has failed");
    }
}
