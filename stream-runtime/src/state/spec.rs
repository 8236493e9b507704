//! What the user says about a keyed state beside its function.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::accumulator::{Accumulator, Count};
use crate::time::BatchTime;

/// How a keyed state begins and when its keys end: the second argument of
/// [`map_with_state`](crate::Stream::map_with_state) and
/// [`update_state_by_key`](crate::Stream::update_state_by_key).
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::run_batches;
///
/// stream!(
///     #[checkpoint]
///     fn counts(words: Stream<&str>, evicted: Accumulator<Count>, out: Sink<(&str, u64)>) {
///         words
///             .map(|word| (word, 1))
///             .map_with_state(
///                 |_time, word, one, count| {
///                     *count.get_or_insert(0) += one.unwrap_or(0);
///                     Some((word, *count.get()))
///                 },
///                 StateSpec::new()
///                     .initial([("a", 10)])
///                     .time_to_live(1h)
///                     .max_keys(1_000_000)
///                     .count_evicted(&evicted),
///             )
///             .to(out);
///     }
/// );
///
/// let evicted = Accumulator::named("evicted");
/// let rows = run_batches(|words, out| counts(words, evicted, out), [["a"], ["b"], ["a"]]);
/// assert_eq!(rows.concat(), [("a".to_owned(), 11), ("b".to_owned(), 1), ("a".to_owned(), 12)]);
/// ```
///
/// Times are batch times. A key is *touched* by each batch that has a record of it;
/// [`by_update`](Self::by_update) makes it count only if the state changed.
#[must_use = "pass it to the operator"]
pub struct StateSpec<'i, K, S, A = ()> {
    pub(crate) initial: Option<InitialRows<'i, K, S>>,
    pub(crate) limits: Limits,
    age: PhantomData<fn() -> A>,
}

/// The keys and states with which a job begins.
pub(crate) type InitialRows<'i, K, S> = Box<dyn Iterator<Item = (K, S)> + Send + Sync + 'i>;

/// When keys end.
#[derive(Clone, Default)]
pub(crate) struct Limits {
    pub(crate) timeout: Option<Duration>,
    pub(crate) time_to_live: Option<Duration>,
    pub(crate) max_keys: Option<usize>,
    pub(crate) by_update: bool,
    pub(crate) evicted: Option<Accumulator<Count>>,
}

impl Limits {
    /// How many keys each partition may have.
    pub(crate) fn max_keys_of_part(&self, partitions: usize) -> Option<usize> {
        Some(self.max_keys?.div_ceil(partitions))
    }

    /// The same, with a time to live in the place of a time-out.
    pub(crate) fn without_timeout(mut self) -> Self {
        let idle = self.timeout.take().into_iter().chain(self.time_to_live);
        self.time_to_live = idle.min();
        self
    }

    /// Notes that keys were forgotten.
    pub(crate) fn count_evicted(&self, keys: usize) {
        if let Some(evicted) = &self.evicted {
            (0..keys).for_each(|_| evicted.increment());
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("timeout", &self.timeout)
            .field("time_to_live", &self.time_to_live)
            .field("max_keys", &self.max_keys)
            .field("by_update", &self.by_update)
            .finish_non_exhaustive()
    }
}

impl<K, S> StateSpec<'_, K, S> {
    /// No keys at the beginning, and keys that never end.
    pub fn new() -> Self {
        Self {
            initial: None,
            limits: Limits::default(),
            age: PhantomData,
        }
    }
}

impl<K, S, A> fmt::Debug for StateSpec<'_, K, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateSpec")
            .field("has_initial", &self.initial.is_some())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<K, S> Default for StateSpec<'_, K, S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'i, K, S, A> StateSpec<'i, K, S, A> {
    /// The keys and states with which the job begins. They are asked for once, before its first
    /// batch, and not when it is restored from a checkpoint. Of a key that comes twice the last one
    /// counts.
    ///
    /// The argument itself is evaluated for each batch, as all arguments are: of a large table give
    /// an iterator over a reference, `table.iter().map(|(key, n)| (key.as_str(), *n))`.
    pub fn initial<I>(mut self, rows: I) -> Self
    where
        I: IntoIterator<Item = (K, S), IntoIter: Send + Sync + 'i>,
    {
        self.initial = Some(Box::new(rows.into_iter()));
        self
    }

    /// Keys that were not touched for longer than this time out: the function is called for them
    /// once more, without a value, and then they are forgotten.
    ///
    /// This happens in the very first batch that is more than `idle` after the one that touched the
    /// key last, after that batch's own records. It costs time by the keys that time out, not by
    /// those that are there; each key takes 12 bytes more.
    pub fn timeout(self, idle: Duration) -> StateSpec<'i, K, S, BatchTime> {
        self.aging(|limits| limits.timeout = Some(idle))
    }

    /// As [`timeout`](Self::timeout), but the keys are forgotten without a call.
    pub fn time_to_live(self, idle: Duration) -> StateSpec<'i, K, S, BatchTime> {
        self.aging(|limits| limits.time_to_live = Some(idle))
    }

    /// At most so many keys: after each batch those that were not touched for longest are forgotten
    /// without a call, until no partition has more than its share, `keys` by the number of
    /// partitions, rounded up.
    pub fn max_keys(self, keys: usize) -> StateSpec<'i, K, S, BatchTime> {
        self.aging(|limits| limits.max_keys = Some(keys))
    }

    /// Counts the keys that [`time_to_live`](Self::time_to_live) and [`max_keys`](Self::max_keys)
    /// forget.
    pub fn count_evicted(mut self, evicted: &Accumulator<Count>) -> Self {
        self.limits.evicted = Some(evicted.clone());
        self
    }

    fn aging(mut self, set: impl FnOnce(&mut Limits)) -> StateSpec<'i, K, S, BatchTime> {
        set(&mut self.limits);
        StateSpec {
            initial: self.initial,
            limits: self.limits,
            age: PhantomData,
        }
    }
}

impl<K, S> StateSpec<'_, K, S, BatchTime> {
    /// A key that is only looked at is not touched by that: what counts is when its state was last
    /// changed.
    pub fn by_update(mut self) -> Self {
        self.limits.by_update = true;
        self
    }
}
