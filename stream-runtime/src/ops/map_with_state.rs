//! `map_with_state`: a function of each record and the state of its key.

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::vec;

use crate::context::BatchContext;
use crate::engine::Exchange;
use crate::error::Failure;
use crate::generated::waiting;
use crate::key::{Key, StateKey};
use crate::parts::{Dealt, Parts};
use crate::site::Site;
use crate::state::{
    Age, Ahead, InitialRows, Kept, KeyedStates, Limits, Open, Partitioned, Slot, State, StateSpec,
};
use crate::stream::{Pair, Stream};
use crate::table::Entry;
use crate::time::BatchTime;

impl<T> Stream<T> {
    /// Calls `f` for each record, in order, with the batch's time, the key, the value, and the
    /// [`State`] of the key, which it may read, change and remove. What it returns goes on, if it is
    /// `Some`.
    ///
    /// Only the keys that a batch brings cost anything in it, however many there are. What there is
    /// for all keys comes out of [`state_snapshots`](Self::state_snapshots). Keys that time out, or
    /// of which there are too many, are a matter of [`StateSpec`], the second argument:
    /// `.map_with_state(f, StateSpec::new().timeout(30s))`. Then `f` is called without a value for a
    /// key that has timed out, after the records of the batch.
    ///
    /// Records of a key come in the order of their partitions, and within a partition in the order
    /// of the input. Those of different keys come in no order that can be relied on.
    ///
    /// Shape: wide; remembers, so the pipeline needs `#[checkpoint]`. Memory: key and state, and
    /// some 12 bytes for each key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     /// Every tenth visit of a user.
    ///     #[checkpoint]
    ///     fn tenth(users: Stream<&str>, out: Sink<(&str, u64)>) {
    ///         users
    ///             .map(|user| (user, ()))
    ///             .map_with_state(|_time, user, _visit, visits| {
    ///                 let visits = visits.get_or_insert(0);
    ///                 *visits += 1;
    ///                 (*visits % 10 == 0).then_some((user, *visits))
    ///             })
    ///             .to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(tenth, [vec!["a"; 15], vec!["b"], vec!["a"; 5]]);
    /// assert_eq!(rows, [vec![("a".to_owned(), 10)], vec![], vec![("a".to_owned(), 20)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "the pipeline has no `#[checkpoint]`": write it above the function. "cannot be kept from batch
    /// to batch": a state is `Clone`, `Serialize` and `Deserialize`, and borrows nothing.
    #[track_caller]
    pub fn map_with_state<'b, S, R, F>(
        self,
        f: F,
    ) -> (
        MapWithState<'b, F, T::Key, S>,
        (Stream<R>, Stream<(T::Key, S)>),
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(BatchTime, T::Key, Option<T::Value>, &mut State<'_, S>) -> Option<R> + Sync,
    {
        self.map_with_state_spec(f, StateSpec::new())
    }

    /// [`map_with_state`](Self::map_with_state) with a [`StateSpec`].
    #[doc(hidden)]
    #[track_caller]
    pub fn map_with_state_spec<'b, 'i, S, R, F, A>(
        self,
        f: F,
        spec: StateSpec<'i, T::Key, S, A>,
    ) -> (
        MapWithState<'i, F, T::Key, S, A>,
        (Stream<R>, Stream<(T::Key, S)>),
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Exchange<'b>>,
        S: Kept,
        F: Fn(BatchTime, T::Key, Option<T::Value>, &mut State<'_, S>) -> Option<R> + Sync,
        A: Age,
    {
        let op = MapWithState {
            site: Site::here("map_with_state"),
            f,
            initial: spec.initial,
            limits: spec.limits,
            age: PhantomData,
        };
        (op, (Stream::new(), Stream::new()))
    }
}

/// The kernel of [`Stream::map_with_state`].
pub struct MapWithState<'i, F, K, S, A = ()> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
    initial: Option<InitialRows<'i, K, S>>,
    limits: Limits,
    age: PhantomData<fn() -> A>,
}

impl<F, K, S, A> fmt::Debug for MapWithState<'_, F, K, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapWithState")
            .field("site", &self.site)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<'i, F, K, S, A: Age> MapWithState<'i, F, K, S, A> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The records of one task, of which about `expected` will come.
    pub fn local<V>(&self, expected: usize, width: usize) -> Parts<K, V>
    where
        K: Key,
    {
        Parts::for_states(expected, width)
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
    /// records there are.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn open<'s, V, R>(
        &mut self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        arrived: Vec<Vec<Dealt<K, V>>>,
    ) -> Result<(Vec<Visit<'s, K, V, S, A>>, usize), Failure>
    where
        K: StateKey<'s>,
        S: Kept,
        F: Fn(BatchTime, K, Option<V>, &mut State<'_, S>) -> Option<R>,
    {
        let (now, partitions) = (context.time(), context.partitions());
        let initial = self.initial.take().filter(|_| slot.is_new());
        let states: &mut Partitioned<KeyedStates<K::Owned, S, A>> =
            slot.state(self.site, || Partitioned::new(partitions))?;
        for (key, state) in initial.into_iter().flatten() {
            let hash = key.hash(&key.digest());
            states.part_of(hash).begin_with(hash, &key, state, now);
        }
        let waiting = waiting(&arrived);
        let parts = states.parts_mut().iter_mut().zip(arrived);
        let parts = parts.map(|(part, records)| Visit {
            open: part.open(now, self.limits.clone()),
            max_keys: self.limits.max_keys_of_part(partitions),
            records,
            is_done: false,
        });
        Ok((parts.collect(), waiting))
    }

    /// Begins with the records of one partition, of which and of its keys that time out
    /// [`next_group`](Self::next_group) makes something.
    pub fn merge<'v, 's, V, R>(
        &self,
        visit: &'v mut Visit<'s, K, V, S, A>,
    ) -> Mapped<'v, 's, K, V, S, A, R>
    where
        K: StateKey<'s>,
        S: Kept,
        F: Fn(BatchTime, K, Option<V>, &mut State<'_, S>) -> Option<R>,
    {
        let records = visit.open.in_order(mem::take(&mut visit.records));
        Mapped {
            records: Vec::new().into_iter(),
            buckets: records.into_iter(),
            visit,
            ahead: Ahead::default(),
            group: Vec::new(),
        }
    }

    /// The next of what comes out, which may be nothing; `None` when that was all. The states of a group
    /// are looked up together, and its records mapped in a loop of its own. After the last of them the
    /// rest of what is to be forgotten is.
    #[inline(always)]
    pub fn next_group<'m, 's, V, R>(
        &self,
        mapped: &'m mut Mapped<'_, 's, K, V, S, A, R>,
    ) -> Option<vec::Drain<'m, R>>
    where
        K: StateKey<'s>,
        S: Kept,
        F: Fn(BatchTime, K, Option<V>, &mut State<'_, S>) -> Option<R>,
    {
        if mapped.records.as_slice().is_empty() {
            match mapped.buckets.next() {
                Some(records) => mapped.records = records.into_iter(),
                None => mapped.time_out(&self.f)?,
            }
        }
        mapped.map(&self.f);
        Some(mapped.group.drain(..))
    }

    /// All keys of one partition with their states, when its records are mapped.
    pub fn snapshot<'s, V>(&self, visit: Visit<'s, K, V, S, A>) -> impl Iterator<Item = (K, S)>
    where
        K: StateKey<'s>,
        S: Kept,
    {
        debug_assert!(visit.is_done, "a snapshot is taken after all records");
        visit.open.into_snapshot()
    }
}

/// What a task of [`MapWithState`] works on.
#[derive(Debug)]
pub struct Visit<'s, K: StateKey<'s>, V, S, A> {
    open: Open<'s, K::Owned, S, A>,
    max_keys: Option<usize>,
    records: Vec<Dealt<K, V>>,
    is_done: bool,
}

/// What comes of the records of one partition, in groups.
pub struct Mapped<'v, 's, K: StateKey<'s>, V, S, A, R> {
    visit: &'v mut Visit<'s, K, V, S, A>,
    buckets: vec::IntoIter<Vec<Entry<K, V>>>,
    records: vec::IntoIter<Entry<K, V>>,
    ahead: Ahead,
    group: Vec<R>,
}

impl<'s, K: StateKey<'s>, V, S, A, R> fmt::Debug for Mapped<'_, 's, K, V, S, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").finish_non_exhaustive()
    }
}

impl<'s, K: StateKey<'s>, V, S: Kept, A: Age, R> Mapped<'_, 's, K, V, S, A, R> {
    /// Maps some records, if there are any.
    #[inline(never)]
    fn map<F>(&mut self, f: &F)
    where
        F: Fn(BatchTime, K, Option<V>, &mut State<'_, S>) -> Option<R>,
    {
        let open = &mut self.visit.open;
        let now = open.now();
        open.look_ahead(self.records.as_slice(), &mut self.ahead);
        for (&at, record) in self.ahead.positions().iter().zip(&mut self.records) {
            let mapped = open.with(at, record, |key, value, state| {
                f(now, key, Some(value), state)
            });
            self.group.extend(mapped);
        }
    }

    /// The next key that times out and gives something.
    fn time_out<F>(&mut self, f: &F) -> Option<()>
    where
        F: Fn(BatchTime, K, Option<V>, &mut State<'_, S>) -> Option<R>,
    {
        let visit = &mut *self.visit;
        let now = visit.open.now();
        while let Some(mapped) = visit.open.time_out(|key, state| f(now, key, None, state)) {
            if let Some(mapped) = mapped {
                self.group.push(mapped);
                return Some(());
            }
        }
        if !visit.is_done {
            visit.is_done = true;
            visit.open.evict(visit.max_keys);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        /// Counts; says when a key times out after three seconds.
        #[checkpoint]
        fn counts(words: Stream<&str>, out: Sink<(&str, u64, bool)>, all: Sink<(&str, u64)>) {
            let mapped = words.map(|word| (word, 1)).map_with_state(
                |_, word, one, count| {
                    if !count.is_timing_out() {
                        count.update(count.get_option().unwrap_or(&0) + one.unwrap_or(0u64));
                    }
                    Some((word, *count.get(), count.is_timing_out()))
                },
                StateSpec::new().timeout(3s),
            );
            mapped.to(out);
            mapped.state_snapshots().to(all);
        }

        #[checkpoint]
        fn bounded(words: Stream<&str>, evicted: Accumulator<Count>, out: Sink<(&str, u64)>) {
            let counts = words.key_by(|word| *word).map_with_state(
                |_, _, _, count| {
                    *count.get_or_insert(0u64) += 1;
                    None::<()>
                },
                StateSpec::new()
                    .initial([("a", 10), ("b", 20)])
                    .time_to_live(5s)
                    .max_keys(2)
                    .count_evicted(evicted),
            );
            counts.state_snapshots().to(out);
        }
    );

    fn row<T: Clone>(pairs: &[(&str, T)]) -> Vec<(String, T)> {
        let pairs = pairs.iter().cloned();
        pairs.map(|(key, value)| (key.to_owned(), value)).collect()
    }

    #[test]
    fn a_key_times_out_in_the_first_batch_that_is_late_enough() {
        let rows = [
            vec!["a", "b"],
            vec!["a"],
            vec![],
            vec![],
            vec![],
            vec![],
            vec!["a"],
        ];
        for partitions in [1, 2, 5] {
            let ((out, mapped), (all, snapshots)) =
                (crate::sink::collect(), crate::sink::collect());
            let run = TestRun::new().partitions(partitions);
            run.printed(|words| counts(words, out, all), rows.clone());
            let out = |word: &str, n, last| (word.to_owned(), n, last);
            assert_eq!(
                sorted(mapped.rows()),
                [
                    vec![out("a", 1, false), out("b", 1, false)],
                    vec![out("a", 2, false)],
                    vec![],
                    vec![],
                    vec![out("b", 1, true)],
                    vec![out("a", 2, true)],
                    vec![out("a", 1, false)],
                ]
            );
            assert_eq!(
                sorted(snapshots.rows()),
                [
                    row(&[("a", 1), ("b", 1)]),
                    row(&[("a", 2), ("b", 1)]),
                    row(&[("a", 2), ("b", 1)]),
                    row(&[("a", 2), ("b", 1)]),
                    row(&[("a", 2)]),
                    row(&[]),
                    row(&[("a", 1)]),
                ]
            );
        }
    }

    #[test]
    fn keys_that_are_too_many_or_too_old_are_forgotten_and_counted() {
        let evicted = Accumulator::named("evicted");
        let rows = [
            vec![],
            vec!["a"],
            vec!["c"],
            vec![],
            vec!["c"],
            vec![],
            vec![],
            vec![],
        ];
        let counted = evicted.clone();
        let run = TestRun::new().partitions(1);
        let rows = run.run(|words, out| bounded(words, counted, out), rows);
        assert_eq!(
            sorted(rows),
            [
                row(&[("a", 10), ("b", 20)]),
                row(&[("a", 11), ("b", 20)]),
                row(&[("a", 11), ("c", 1)]), // `b` is the one that was not touched for longest
                row(&[("a", 11), ("c", 1)]),
                row(&[("a", 11), ("c", 2)]),
                row(&[("a", 11), ("c", 2)]),
                row(&[("a", 11), ("c", 2)]), // five seconds are not more than five seconds
                row(&[("c", 2)]),
            ]
        );
        assert_eq!(evicted.value(), 2);
    }

    stream!(
        #[checkpoint]
        fn wrong(words: Stream<&str>, out: Sink<u64>) {
            words
                .map(|word| (word, ()))
                .map_with_state(|_, _, _, state| {
                    state.update(1u64);
                    state.remove();
                    state.update(2);
                    Some(0)
                })
                .to(out);
        }
    );

    #[test]
    fn what_cannot_be_fails_the_batch_and_names_the_operator() {
        let error = TestRun::new().fails(|words| wrong(words, crate::sink::collect().0), [["a"]]);
        let error = error.to_string();
        assert!(
            error.starts_with("batch 1000 ms: `map_with_state` at "),
            "{error}"
        );
        assert!(error.ends_with("cannot be updated after that"), "{error}");
    }

    stream!(
        /// Counts, and removes at each third time: so a position that was found ahead may be another
        /// key's by the time it is used.
        #[checkpoint]
        fn in_threes(keys: Stream<u32>, out: Sink<(u32, u32)>) {
            keys.map(|key| (key, ()))
                .map_with_state(|_, key, _, count| {
                    let next = count.get_option().map_or(1u32, |count| count + 1);
                    match next {
                        3 => count.remove(),
                        _ => count.update(next),
                    }
                    Some((key, next))
                })
                .to(out);
        }
    );

    /// Many keys are looked up ahead, and very many region by region: the records of a key stay in order.
    #[test]
    fn many_keys_are_found_all_the_same() {
        for keys in [0..40_000u32, 0..100_000] {
            let often = keys.clone().flat_map(|key| [key, key / 64, key, key % 100]);
            let rows = [
                keys.clone().collect(),
                often.collect(),
                keys.collect::<Vec<_>>(),
            ];
            let mut counts = std::collections::HashMap::new();
            let expected = rows.clone().map(|row| {
                let row = row.into_iter().map(|key| {
                    let count: &mut u32 = counts.entry(key).or_default();
                    *count = *count % 3 + 1;
                    (key, *count)
                });
                by_key(row.collect())
            });
            let found = TestRun::new().partitions(1).run(in_threes, rows);
            let found: Vec<_> = found.into_iter().map(by_key).collect();
            assert_eq!(found, expected);
        }
    }

    fn by_key(mut rows: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
        rows.sort_by_key(|(key, _)| *key);
        rows
    }
}
