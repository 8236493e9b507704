//! What the operators share that aggregate over a window.

use std::time::Duration;

use crate::buckets::deal;
use crate::context::BatchContext;
use crate::engine::Buckets;
use crate::error::Failure;
use crate::generated::waiting;
use crate::key::{Key, StateKey};
use crate::site::Site;
use crate::state::{Kept, Partitioned, Slot};
use crate::table::{Entry, Table};
use crate::time::BatchTime;
use crate::window::{Aggregate, Extent, KeyedWindow};

/// The kernel of an operator `M` that combines the values of each key: within a batch before and
/// after the shuffle, and over a window as the algorithm `A` does.
///
/// Each operator adds its `push`, which says what becomes of a record, and its `merge`, which says
/// what is put out. One without keys has a single key, `()`.
#[derive(Debug)]
pub struct Windowed<M, A> {
    /// Where the operator stands.
    pub site: Site,
    pub(super) operator: M,
    pub(super) aggregate: A,
    length: Duration,
    slide: Duration,
}

/// What a task of a [`Windowed`] works on: what one partition keeps, and what arrived there.
#[derive(Debug)]
pub struct Moving<'s, K: StateKey<'s>, V, C> {
    window: &'s mut KeyedWindow<K::Owned, V, C>,
    arrived: Buckets<Entry<K, V>>,
    time: BatchTime,
    extent: Extent,
    is_due: bool,
}

impl<'s, K: StateKey<'s>, V, C> Moving<'s, K, V, C> {
    /// Whether the window moves at this batch.
    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }
}

impl<M, A> Windowed<M, A> {
    /// The kernel of the operator that is being called.
    #[track_caller]
    pub(super) fn here(
        name: &'static str,
        operator: M,
        aggregate: A,
        (length, slide): (Duration, Duration),
    ) -> Self {
        Self {
            site: Site::here(name),
            operator,
            aggregate,
            length,
            slide,
        }
    }

    /// Whether the window moves at this batch.
    ///
    /// # Errors
    ///
    /// When it does not fit the batch interval.
    pub fn is_due(&self, context: &BatchContext<'_>) -> Result<bool, Failure> {
        context.is_due(self.site, self.length, self.slide)
    }

    /// Gives each partition its part of the window, beside what arrived there; and about how many
    /// records there are to visit.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn open<'s, K: StateKey<'s>, V: Kept>(
        &self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        arrived: Vec<Buckets<Entry<K, V>>>,
    ) -> Result<(Vec<Moving<'s, K, V, A::Cell>>, usize), Failure>
    where
        A: Aggregate<V>,
    {
        let (time, is_due) = (context.time(), self.is_due(context)?);
        let extent = Extent::new(self.length, self.slide, context.zero_time());
        let window = slot.state(self.site, || Partitioned::new(arrived.len()))?;
        let parts: &mut [KeyedWindow<K::Owned, V, A::Cell>] = window.parts_mut();
        let results: usize = match is_due {
            true => parts.iter().map(KeyedWindow::len).sum(),
            false => 0,
        };
        let waiting = waiting(&arrived) + results;
        let parts = parts.iter_mut().zip(arrived);
        let moving = parts.map(|(window, arrived)| Moving {
            window,
            arrived,
            time,
            extent,
            is_due,
        });
        Ok((moving.collect(), waiting))
    }

    /// Takes in what arrived, and if the window moves, all keys in it with their aggregates.
    #[inline]
    pub(super) fn results<'s, K: StateKey<'s>, V: Kept>(
        &self,
        moving: Moving<'s, K, V, A::Cell>,
    ) -> impl Iterator<Item = (K, V)>
    where
        A: Aggregate<V>,
    {
        let Moving {
            window,
            arrived,
            time,
            extent,
            is_due,
        } = moving;
        window.add(time, arrived, |a, b| self.aggregate.combine(a, b));
        if is_due {
            window.slide(time, extent, &self.aggregate);
        }
        let results = is_due.then(|| window.results(time, extent, &self.aggregate));
        let results = results.into_iter().flatten();
        results.map(|(key, value)| (K::lend(key), value))
    }
}

/// Deals the table of one task out to the partitions.
pub(super) fn dealt<K: Key, V>(table: Table<K, V>, width: usize) -> Buckets<Entry<K, V>> {
    deal(table.into_entries(), width)
}

/// What one task of a window without keys has found, under the only key.
pub(super) fn alone<V>(found: Option<V>) -> Buckets<Entry<(), V>> {
    let entry = found.map(|value| Entry::new((), value));
    vec![Vec::from_iter(entry)]
}

/// How many steps a window is long.
pub(super) fn steps(length: Duration, slide: Duration) -> u64 {
    Extent::new(length, slide, BatchTime::ZERO).steps()
}
