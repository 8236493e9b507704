//! `update_state_by_key`: a state per key that each batch brings up to date.

use crate::buckets::deal;
use crate::context::BatchContext;
use crate::engine::{Buckets, Exchange};
use crate::error::Failure;
use crate::generated::waiting;
use crate::grouping::group;
use crate::key::{Key, OwnedKey, StateKey};
use crate::site::Site;
use crate::state::{Kept, Partitioned, Slot, StateTable};
use crate::stream::{Pair, Stream};
use crate::table::Entry;

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
    ) -> (UpdateStateByKey<F>, Stream<(T::Key, S)>)
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(&[T::Value], Option<S>) -> Option<S> + Sync,
    {
        (
            UpdateStateByKey {
                site: Site::here("update_state_by_key"),
                update,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::update_state_by_key`].
#[derive(Debug)]
pub struct UpdateStateByKey<F> {
    /// Where the operator stands.
    pub site: Site,
    update: F,
}

/// What one partition keeps. A state is an option only so that it can be moved out, brought up to
/// date, and moved back in.
type States<K, S> = StateTable<K, Option<S>>;

impl<F> UpdateStateByKey<F> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The records of one task.
    pub fn local<K: Key, V>(&self) -> Vec<Entry<K, V>> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V>(&self, entries: &mut Vec<Entry<K, V>>, (key, value): (K, V)) {
        entries.push(Entry::new(key, value));
    }

    /// Deals the records out to the partitions.
    pub fn finish<K: Key, V>(
        &self,
        entries: Vec<Entry<K, V>>,
        width: usize,
    ) -> Buckets<Entry<K, V>> {
        deal(entries, width)
    }

    /// Gives each partition its states, beside the records that arrived there; and about how many
    /// records there are to visit.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn open<'s, K: StateKey<'s>, V, S: Kept>(
        &self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        arrived: Vec<Buckets<Entry<K, V>>>,
    ) -> Result<(Vec<Visit<'s, K, V, S>>, usize), Failure>
    where
        F: Fn(&[V], Option<S>) -> Option<S>,
    {
        let partitions = context.partitions();
        let states = slot.state(self.site, || Partitioned::new(partitions))?;
        let parts = states.parts_mut();
        let keys: usize = parts
            .iter()
            .map(|part: &States<K::Owned, S>| part.len())
            .sum();
        let waiting = keys + waiting(&arrived);
        Ok((parts.iter_mut().zip(arrived).collect(), waiting))
    }

    /// Brings the states of one partition up to date.
    pub fn merge<'s, K: StateKey<'s>, V, S: Kept>(
        &self,
        (states, records): Visit<'s, K, V, S>,
    ) -> impl Iterator<Item = (K, S)>
    where
        F: Fn(&[V], Option<S>) -> Option<S>,
    {
        let mut visited = Vec::new();
        for (key, values) in group(records) {
            let hash = key.hash(&key.digest());
            let at = match states.find(hash, &key) {
                Some(at) => self.visit(states, at, &values),
                None => self.meet(states, hash, &key, &values),
            };
            visited.extend(at);
        }
        visited.sort_unstable();
        for at in states.positions() {
            if visited.binary_search(&at).is_err() {
                self.visit(states, at, &[]);
            }
        }
        let states: &'s States<K::Owned, S> = states;
        let states = states.iter();
        states.filter_map(|(_, key, state)| Some((K::lend(key), state.clone()?)))
    }

    /// Updates the state of a key, or forgets the key; its position if it is still there.
    fn visit<K: OwnedKey, V, S>(
        &self,
        states: &mut States<K, S>,
        at: u32,
        values: &[V],
    ) -> Option<u32>
    where
        F: Fn(&[V], Option<S>) -> Option<S>,
    {
        let state = states.value_mut(at).take();
        let state = (self.update)(values, state);
        if state.is_none() {
            states.remove(at);
            return None;
        }
        *states.value_mut(at) = state;
        Some(at)
    }

    /// Makes the state of a new key; its position if there is one.
    fn meet<'s, K: StateKey<'s>, V, S>(
        &self,
        states: &mut States<K::Owned, S>,
        hash: u64,
        key: &K,
        values: &[V],
    ) -> Option<u32>
    where
        F: Fn(&[V], Option<S>) -> Option<S>,
    {
        let state = (self.update)(values, None)?;
        Some(states.insert(hash, key.own(), Some(state)))
    }
}

/// What a task of [`UpdateStateByKey`] works on.
pub(super) type Visit<'s, K, V, S> = (
    &'s mut StateTable<<K as StateKey<'s>>::Owned, Option<S>>,
    Buckets<Entry<K, V>>,
);

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
