//! The states of one partition's keys, which may end by themselves.

use std::time::Duration;

use super::ages::{Age, Aged, Ages};
use super::handle::{Outcome, State};
use super::index::Ahead;
use super::partitioned::{Part, Scope};
use super::spec::Limits;
use super::table::StateTable;
use super::{Draft, Kept, Malformed, StateShape, StateSize, codec};
use crate::engine::Buckets;
use crate::key::{Key, OwnedKey, StateKey};
use crate::parts::{self, Dealt};
use crate::table::Entry;
use crate::time::BatchTime;

/// A state for each key, with the time of its last touch where somebody asks for it.
#[derive(Debug)]
pub(crate) struct KeyedStates<K, S, A> {
    table: StateTable<K, Aged<S, A>>,
    ages: Ages,
    /// Whether every key is on a list of `ages`; after a restore none is.
    is_listed: bool,
    /// The keys that may time out in the present batch, for as long as that lasts.
    due: Vec<(u32, K)>,
}

impl<K, S, A> Default for KeyedStates<K, S, A> {
    fn default() -> Self {
        Self {
            table: StateTable::default(),
            ages: Ages::default(),
            is_listed: false,
            due: Vec::new(),
        }
    }
}

impl<K: OwnedKey, S: Kept, A: Age> Part for KeyedStates<K, S, A> {
    fn one_of(partitions: usize) -> Self {
        Self {
            table: StateTable::one_of(partitions),
            ..Self::default()
        }
    }

    fn shape() -> StateShape {
        StateTable::<K, Aged<S, A>>::shape()
    }

    fn size(&self) -> StateSize {
        self.table.size()
    }

    fn delta(&mut self, out: &mut Draft) {
        self.table.delta(out);
    }

    fn begin_round(&mut self) {
        self.table.begin_round();
    }

    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool {
        self.table.image(out, bytes)
    }

    fn apply(&mut self, bytes: &[u8], scope: Scope) -> Result<(), Malformed> {
        self.is_listed = false;
        self.table.apply(bytes, scope)
    }
}

impl<K: OwnedKey, S, A: Age> KeyedStates<K, S, A> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Puts a key into a state that is new.
    pub(crate) fn begin_with<'b, Q>(&mut self, hash: u64, key: &Q, state: S, now: BatchTime)
    where
        Q: StateKey<'b, Owned = K>,
    {
        let age = A::touched(now);
        match self.table.find(hash, key) {
            Some(at) => *self.table.value_mut(at) = Aged { state, age },
            None => _ = self.table.insert(hash, key.own(), Aged { state, age }),
        }
    }

    /// Opens the states for a batch, and says which keys may time out in it.
    pub(crate) fn open<'s>(&'s mut self, now: BatchTime, limits: Limits) -> Open<'s, K, S, A> {
        if A::IS_KEPT && !self.is_listed {
            self.list(now);
        }
        self.due.clear();
        if let Some(limit) = limits.timeout.and_then(|idle| before(now, idle)) {
            let table = &self.table;
            let due = self.ages.take_before(limit, time_in(table));
            let key = |at: u32| (at, table.key(at).clone());
            self.due.extend(due.into_iter().map(key));
        }
        Open {
            table: &mut self.table,
            ages: &mut self.ages,
            due: &self.due,
            now,
            limits,
        }
    }

    /// Puts every key on the list of its time. Keys without one were touched now.
    fn list(&mut self, now: BatchTime) {
        self.is_listed = true;
        self.ages = Ages::default();
        for at in self.table.positions() {
            if self.table.value(at).age.time() == BatchTime::ZERO {
                self.table.value_mut(at).age = A::touched(now);
            }
            self.ages.note(at, self.table.value(at).age.time());
        }
    }
}

/// The time before which a key must have been touched last to be idle for longer than `idle`.
fn before(now: BatchTime, idle: Duration) -> Option<BatchTime> {
    let idle = u64::try_from(idle.as_micros()).ok()?;
    now.as_micros()
        .checked_sub(idle)
        .map(BatchTime::from_micros)
}

/// When the key at a position was last touched.
fn time_in<K: OwnedKey, S, A: Age>(
    table: &StateTable<K, Aged<S, A>>,
) -> impl Fn(u32) -> Option<BatchTime> {
    |at| table.get(at).map(|(_, aged)| aged.age.time())
}

/// The states of one partition while a batch is under way: its records, then its time-outs, and then
/// what is forgotten without a word.
#[derive(Debug)]
pub(crate) struct Open<'s, K, S, A> {
    table: &'s mut StateTable<K, Aged<S, A>>,
    ages: &'s mut Ages,
    due: &'s [(u32, K)],
    now: BatchTime,
    limits: Limits,
}

impl<'s, K: OwnedKey, S, A: Age> Open<'s, K, S, A> {
    /// The time of the batch.
    #[inline(always)]
    pub(crate) fn now(&self) -> BatchTime {
        self.now
    }

    /// The records of a batch in the order in which it takes least to look them up.
    pub(crate) fn in_order<Q: Key, V>(&self, records: Vec<Dealt<Q, V>>) -> Buckets<Entry<Q, V>> {
        parts::for_states(records, self.table.len())
    }

    /// Finds out where the keys of the next of these records are likely to stand: those for which
    /// [`with`](Self::with) is called next. `ahead` is new, or of the records before these.
    #[inline(always)]
    pub(crate) fn look_ahead<Q: Key, V>(&self, records: &[Entry<Q, V>], ahead: &mut Ahead) {
        self.table.look_ahead(records, Entry::hash, ahead);
    }

    /// Lets `f` see and change the state of a record's key, which is likely to be at a position.
    #[inline(always)]
    pub(crate) fn with<'b, Q, V, R>(
        &mut self,
        at: u32,
        record: Entry<Q, V>,
        f: impl FnOnce(Q, V, &mut State<'_, S>) -> R,
    ) -> R
    where
        Q: StateKey<'b, Owned = K>,
    {
        let Some((aged, mark)) = self.table.value_at(at, &*record.key()) else {
            return self.with_sought(record, f);
        };
        let mut state = State::of(Some(&mut aged.state));
        let (key, value) = record.into_pair();
        let result = f(key, value, &mut state);
        let is_touched = match state.into_outcome() {
            Outcome::Removed => {
                self.table.remove(at);
                return result;
            }
            Outcome::Updated => true,
            Outcome::Same | Outcome::New(_) => A::IS_KEPT && !self.limits.by_update,
        };
        if is_touched {
            aged.age = A::touched(self.now);
            mark.set();
        }
        result
    }

    /// The same for a key that is elsewhere, or nowhere.
    #[cold]
    #[inline(never)]
    fn with_sought<'b, Q, V, R>(
        &mut self,
        record: Entry<Q, V>,
        f: impl FnOnce(Q, V, &mut State<'_, S>) -> R,
    ) -> R
    where
        Q: StateKey<'b, Owned = K>,
    {
        let hash = record.hash();
        let found = self.table.find(hash, &*record.key());
        if let Some(at) = found {
            return self.with(at, record, f);
        }
        let mut state = State::of(None);
        let (key, value) = record.into_pair();
        let result = f(key.clone(), value, &mut state);
        if let Outcome::New(state) = state.into_outcome() {
            self.add(hash, key.own(), state);
        }
        result
    }

    fn add(&mut self, hash: u64, key: K, state: S) -> u32 {
        let age = A::touched(self.now);
        let at = self.table.insert(hash, key, Aged { state, age });
        if A::IS_KEPT {
            self.ages.note(at, self.now);
        }
        at
    }

    /// The next key that times out: `f` sees its state for the last time. To be called after all
    /// records, until there is none.
    pub(crate) fn time_out<Q, R>(&mut self, f: impl FnOnce(Q, &mut State<'_, S>) -> R) -> Option<R>
    where
        Q: StateKey<'s, Owned = K>,
    {
        loop {
            let ((at, key), rest) = self.due.split_first()?;
            self.due = rest;
            let Some((there, aged)) = self.table.get(*at) else {
                continue; // it was removed
            };
            if aged.age.time() == self.now || !is_same(there, key) {
                self.ages.note(*at, aged.age.time());
                continue; // it was touched, or there is another key now
            }
            let (aged, _) = self.table.value_and_mark(*at);
            let result = f(Q::lend(key), &mut State::timing_out(&mut aged.state));
            self.table.remove(*at);
            return Some(result);
        }
    }

    /// Forgets what has lived long enough, and what is too much.
    pub(crate) fn evict(&mut self, max_keys: Option<usize>) {
        if !A::IS_KEPT {
            return;
        }
        let mut evicted = Vec::new();
        let idle = self.limits.time_to_live;
        if let Some(limit) = idle.and_then(|idle| before(self.now, idle)) {
            evicted = self.ages.take_before(limit, time_in(self.table));
        }
        let left = self.table.len() - evicted.len();
        let too_many = max_keys.map_or(0, |max| left.saturating_sub(max));
        evicted.extend(self.ages.take_oldest(too_many, time_in(self.table)));
        for at in &evicted {
            self.table.remove(*at);
        }
        self.limits.count_evicted(evicted.len());
    }

    /// All keys with their states, in the order of the table.
    pub(crate) fn into_snapshot<Q>(self) -> impl Iterator<Item = (Q, S)>
    where
        Q: StateKey<'s, Owned = K>,
        S: Clone,
    {
        let table: &'s StateTable<K, Aged<S, A>> = self.table;
        table
            .iter()
            .map(|(_, key, aged)| (Q::lend(key), aged.state.clone()))
    }
}

/// A state is an option where it is moved out, brought up to date, and moved back in.
impl<K: OwnedKey, S: Kept, A: Age> Open<'_, K, Option<S>, A> {
    /// Brings the state of every key up to date: those of `groups` with their values, and then all
    /// others with none. What `f` gives nothing for is forgotten.
    pub(crate) fn update_all<'b, Q, V>(
        &mut self,
        groups: impl Iterator<Item = (Q, Vec<V>)>,
        f: impl Fn(&K, &[V], Option<S>) -> Option<S>,
    ) where
        Q: StateKey<'b, Owned = K>,
    {
        let mut visited = Vec::new();
        for (key, values) in groups {
            visited.extend(self.update(&key, &values, &f));
        }
        visited.sort_unstable();
        let mut visited = visited.into_iter().peekable();
        for at in self.table.positions() {
            if visited.next_if_eq(&at).is_none() {
                self.update_idle(at, &f);
            }
        }
    }

    /// Updates the state of a key that has values; its position if it is there afterwards.
    fn update<'b, Q, V>(
        &mut self,
        key: &Q,
        values: &[V],
        f: impl Fn(&K, &[V], Option<S>) -> Option<S>,
    ) -> Option<u32>
    where
        Q: StateKey<'b, Owned = K>,
    {
        let hash = key.hash(&key.digest());
        let Some(at) = self.table.find(hash, key) else {
            let key = key.own();
            let state = f(&key, values, None)?;
            return Some(self.add(hash, key, Some(state)));
        };
        let state = self.table.value_and_mark(at).0.state.take();
        let state = f(self.table.key(at), values, state);
        if state.is_none() {
            self.table.remove(at);
            return None;
        }
        let age = A::touched(self.now);
        *self.table.value_mut(at) = Aged { state, age };
        Some(at)
    }

    /// Updates the state of a key without values. Most such states stay as they are, and then a
    /// checkpoint need not hear of them: whether they are written alike tells.
    fn update_idle<V>(&mut self, at: u32, f: impl Fn(&K, &[V], Option<S>) -> Option<S>) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let is_followed = self.table.is_followed();
        let (_, aged) = self.table.get(at).expect("the position is taken");
        if is_followed {
            codec::write(&aged.state, &mut before);
        }
        let state = self.table.value_and_mark(at).0.state.take();
        let state = f(self.table.key(at), &[], state);
        if state.is_none() {
            self.table.remove(at);
            return;
        }
        if is_followed {
            codec::write(&state, &mut after);
        }
        let (aged, mark) = self.table.value_and_mark(at);
        aged.state = state;
        if before != after {
            mark.set();
        }
    }
}

fn is_same<K: Key>(a: &K, b: &K) -> bool {
    a.digest() == b.digest() && a.same(b)
}
