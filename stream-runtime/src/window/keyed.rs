//! A window over the values of each key.

use std::fmt::Debug;

use super::aggregate::Aggregate;
use super::extent::Extent;
use super::panes::Panes;
use super::restored::{Restored, Written};
use crate::engine::Buckets;
use crate::key::{OwnedKey, StateKey};
use crate::prefetch::prefetch;
use crate::state::{Ahead, Dictionary, StateSize};
use crate::table::Entry;
use crate::time::BatchTime;

/// What one partition keeps of a keyed window.
///
/// Keys have dense numbers, a pane is a row of numbers and a row of values, and for each number
/// there is the aggregate of its key. A slide takes the values of the panes that leave out of these,
/// puts those of the panes that enter in, and forgets the keys whose last value has left. So it
/// costs what these panes hold, however long the window is; only putting out the results visits
/// every key, since each has one.
///
/// Memory: for each key the key, its aggregate and 20 bytes; for each pane and key in it the value
/// and four bytes.
#[derive(Debug)]
pub(crate) struct KeyedWindow<K, V, C> {
    pub(super) keys: Dictionary<K>,
    pub(super) panes: Panes<Keyed<V>>,
    cells: Vec<Cell<C>>,
    /// How many values the panes have.
    values: usize,
    /// Where a key stands in a pane that is being made: right if its number stands there.
    places: Vec<u32>,
    /// Panes up to this time have entered.
    entered: BatchTime,
    /// Panes up to this time have left.
    pub(super) left: BatchTime,
    pub(super) written: Written,
    pub(super) restored: Restored<K, V>,
}

/// The values of one pane, each with the number of its key.
#[derive(Debug)]
pub(super) struct Keyed<V> {
    pub(super) numbers: Vec<u32>,
    pub(super) values: Vec<V>,
}

/// So many cells are asked for before they are needed.
const CELLS_AHEAD: usize = 16;

/// What is kept for a key.
#[derive(Debug)]
struct Cell<C> {
    aggregate: C,
    /// How many of the values that have entered have not left.
    values: u32,
}

impl<K, V, C> Default for KeyedWindow<K, V, C> {
    fn default() -> Self {
        Self {
            keys: Dictionary::default(),
            panes: Panes::default(),
            cells: Vec::new(),
            values: 0,
            places: Vec::new(),
            entered: BatchTime::ZERO,
            left: BatchTime::ZERO,
            written: Written::default(),
            restored: Restored::default(),
        }
    }
}

impl<V> Keyed<V> {
    pub(super) fn with_capacity(len: usize) -> Self {
        Self {
            numbers: Vec::with_capacity(len),
            values: Vec::with_capacity(len),
        }
    }

    #[inline(always)]
    fn push(&mut self, number: u32, value: V) {
        self.numbers.push(number);
        self.values.push(value);
    }

    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &V)> {
        self.numbers.iter().copied().zip(&self.values)
    }

    /// The cell of a key some places on, which is not needed yet.
    #[inline(always)]
    fn ahead<'c, C>(&self, place: usize, cells: &'c [Cell<C>]) -> Option<&'c Cell<C>> {
        cells.get(*self.numbers.get(place)? as usize)
    }
}

impl<K: OwnedKey, V: Clone, C> KeyedWindow<K, V, C> {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How much memory the keys and the panes take up.
    pub(super) fn memory(&self) -> StateSize {
        let keys = StateSize::of_keys(self.len(), size_of::<K>() + size_of::<Cell<C>>() + 20);
        let panes = self.values * (size_of::<V>() + size_of::<u32>());
        StateSize {
            keys: keys.keys,
            bytes: keys.bytes + panes as u64,
        }
    }

    /// Takes in what the tasks have found in the batch at `time`, which is later than all others:
    /// a key stands once in a bucket, and is combined with what another bucket has for it.
    #[inline]
    pub(crate) fn add<'b, Q: StateKey<'b, Owned = K>>(
        &mut self,
        time: BatchTime,
        buckets: Buckets<Entry<Q, V>>,
        combine: impl Fn(V, V) -> V,
    ) {
        self.restore();
        let len = buckets.iter().map(Vec::len).sum();
        if len == 0 {
            return;
        }
        let (mut pane, several) = (Keyed::with_capacity(len), buckets.len() > 1);
        let mut ahead = Ahead::default();
        for bucket in buckets {
            let mut entries = bucket.into_iter();
            while !entries.as_slice().is_empty() {
                self.keys.look_ahead(entries.as_slice(), &mut ahead);
                for (&guess, entry) in ahead.positions().iter().zip(&mut entries) {
                    let number = self.keys.number_by(guess, &entry);
                    let value = entry.value;
                    match several.then(|| self.place(number, &pane)).flatten() {
                        Some(place) => {
                            let before = &mut pane.values[place];
                            *before = combine(before.clone(), value);
                        }
                        None => pane.push(number, value),
                    }
                }
            }
        }
        self.values += pane.values.len();
        self.panes.push(time, pane);
    }

    /// Where a key stands in a pane that is being made; if it does not, it will stand at its end.
    #[inline]
    fn place(&mut self, number: u32, pane: &Keyed<V>) -> Option<usize> {
        let at = number as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, 0);
        }
        let place = self.places[at] as usize;
        if pane.numbers.get(place) == Some(&number) {
            return Some(place);
        }
        self.places[at] = pane.numbers.len() as u32; // there are fewer than 2³² keys
        None
    }

    /// Makes panes of what was restored.
    pub(super) fn restore(&mut self) {
        if self.restored.is_empty() {
            return;
        }
        let restored = std::mem::take(&mut self.restored);
        for (time, entries) in restored.into_panes(self.left) {
            let mut pane = Keyed::with_capacity(entries.len());
            for (number, key, value) in entries {
                let number = self.keys.restore(key, number);
                // It may have been written more than once.
                if self.place(number, &pane).is_none() {
                    pane.push(number, value);
                }
            }
            self.values += pane.values.len();
            self.panes.push(time, pane);
        }
    }
}

impl<K: OwnedKey, V, C> KeyedWindow<K, V, C> {
    /// Moves the window on, so that it ends with the batch at `end`.
    ///
    /// It moves batch by batch, so what is in it is at no time more than what a window can hold, and
    /// each aggregate goes through the same states as in a window that slides at every batch.
    pub(crate) fn slide<A>(&mut self, end: BatchTime, extent: Extent, aggregate: &A)
    where
        A: Aggregate<V, Cell = C>,
    {
        let (left, mut gone) = (extent.left_by(end), Vec::new());
        if self.waiting().is_some_and(|time| time <= left) {
            self.leave(left, extent, aggregate, &mut gone); // no window will ever hold these
        }
        while let Some(time) = self.waiting() {
            self.leave(extent.left_by(time), extent, aggregate, &mut gone);
            self.enter(time, extent, aggregate);
        }
        self.leave(left, extent, aggregate, &mut gone);
        self.forget(gone);
    }

    /// The time of the first pane that has not entered.
    fn waiting(&self) -> Option<BatchTime> {
        self.panes.after(self.entered).next().map(|pane| pane.time)
    }

    /// Takes out the panes up to `end`, and notes the keys of which no value is left.
    #[inline]
    fn leave<A>(&mut self, end: BatchTime, extent: Extent, aggregate: &A, gone: &mut Vec<u32>)
    where
        A: Aggregate<V, Cell = C>,
    {
        while let Some(pane) = self.panes.pop_until(end) {
            self.values -= pane.content.values.len();
            if pane.time > self.entered {
                gone.extend(pane.content.numbers);
                continue;
            }
            let step = extent.step_of(pane.time);
            for (place, (number, value)) in pane.content.iter().enumerate() {
                let ahead = pane.content.ahead(place + CELLS_AHEAD, &self.cells);
                ahead.into_iter().for_each(prefetch);
                let cell = &mut self.cells[number as usize];
                cell.values -= 1;
                if cell.values > 0 {
                    aggregate.leave(&mut cell.aggregate, step, value);
                } else {
                    cell.aggregate = aggregate.cell(0);
                    gone.push(number);
                }
            }
        }
        self.left = self.left.max(end);
        self.entered = self.entered.max(end);
    }

    /// Puts in the pane of the batch at `time`, the first that has not entered.
    #[inline]
    fn enter<A>(&mut self, time: BatchTime, extent: Extent, aggregate: &A)
    where
        A: Aggregate<V, Cell = C>,
    {
        let step = extent.step_of(time);
        let Some(pane) = self.panes.after(self.entered).next() else {
            return;
        };
        for (place, (number, value)) in pane.content.iter().enumerate() {
            let ahead = |places| pane.content.ahead(place + places, &self.cells);
            ahead(2 * CELLS_AHEAD).into_iter().for_each(prefetch);
            if let Some(cell) = ahead(CELLS_AHEAD) {
                aggregate.prefetch(&cell.aggregate);
            }
            let at = number as usize;
            if at >= self.cells.len() {
                self.cells.resize_with(at + 1, || Cell {
                    aggregate: aggregate.cell(0),
                    values: 0,
                });
            }
            let cell = &mut self.cells[at];
            if cell.values == 0 {
                let hash = self.keys.key(number).map(|key| key.hash(&key.digest()));
                cell.aggregate = aggregate.cell(hash.unwrap_or_default());
            }
            cell.values += 1;
            aggregate.enter(&mut cell.aggregate, step, value);
        }
        self.entered = time;
    }

    /// Forgets those of the keys that are in no pane any more.
    fn forget(&mut self, mut gone: Vec<u32>) {
        gone.sort_unstable();
        gone.dedup();
        for number in gone {
            let cell = self.cells.get(number as usize);
            if cell.is_none_or(|cell| cell.values == 0) {
                self.keys.forget(number);
            }
        }
    }

    /// The keys in the window that ends with the batch at `end`, to which it was moved, each with
    /// the aggregate of its values.
    #[inline]
    pub(crate) fn results<'w, A>(
        &'w mut self,
        end: BatchTime,
        extent: Extent,
        aggregate: &A,
    ) -> impl Iterator<Item = (&'w K, V)>
    where
        A: Aggregate<V, Cell = C>,
    {
        let step = extent.step_of(end);
        let cells = self.keys.keys().iter().zip(&mut self.cells);
        cells.filter_map(move |(key, cell)| {
            Some((key.as_ref()?, aggregate.result(&mut cell.aggregate, step)?))
        })
    }
}

#[cfg(test)]
#[path = "keyed_tests.rs"]
mod tests;
