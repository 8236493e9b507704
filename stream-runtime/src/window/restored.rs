//! What a keyed window writes to a checkpoint, and makes of it.
//!
//! Panes do not change, so each is written once when it was made, and once in each round of the
//! image. Which of them have left is told by the time. Aggregates are not written: they are made
//! again from the panes.
//!
//! ```text
//! the time up to which panes have left, (true, time, count, (number, key, value)…)…, false
//! ```

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keyed::{Keyed, KeyedWindow};
use super::panes::Pane;
use crate::key::OwnedKey;
use crate::shape::shape_of;
use crate::state::{self, Draft, Malformed, Part, Reader, Scope, StateShape, StateSize, WINDOW};
use crate::time::BatchTime;

/// How much of the panes has been written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Deltas have had the panes up to this time.
    told: BatchTime,
    /// The image has the panes up to this time: those that were there when the round began.
    round: BatchTime,
    /// The image has all of the panes up to this time,
    after: BatchTime,
    /// and of the pane at this time what stands before this place.
    part: (BatchTime, usize),
}

/// Panes as they were read, until they are needed.
#[derive(Debug)]
pub(super) struct Restored<K, V> {
    panes: BTreeMap<BatchTime, Vec<(u32, K, V)>>,
    /// Whether keys can have the numbers that they had.
    renumbered: bool,
}

impl<K, V> Default for Restored<K, V> {
    fn default() -> Self {
        Self {
            panes: BTreeMap::new(),
            renumbered: false,
        }
    }
}

/// Up to so many times as many numbers as keys may be in use: more would be a damaged file, which
/// must not make us allocate for numbers that hardly anything has.
const SPARSE_MAX: usize = 64;
const NUMBERS_MIN: usize = 1 << 16;

impl<K, V> Restored<K, V> {
    pub(super) fn is_empty(&self) -> bool {
        self.panes.is_empty()
    }

    /// The panes after `left` in the order of time, with the numbers that their keys should have.
    pub(super) fn into_panes(
        mut self,
        left: BatchTime,
    ) -> impl Iterator<Item = (BatchTime, Vec<(Option<u32>, K, V)>)> {
        self.panes.retain(|time, _| *time > left);
        let entries: usize = self.panes.values().map(Vec::len).sum();
        let numbers = match self.renumbered {
            true => 0,
            false => (entries * SPARSE_MAX).max(NUMBERS_MIN),
        };
        self.panes.into_iter().map(move |(time, entries)| {
            let entries = entries.into_iter().map(|(number, key, value)| {
                let wanted = (number as usize) < numbers;
                (wanted.then_some(number), key, value)
            });
            (time, entries.collect())
        })
    }
}

impl<K, V, C> Part for KeyedWindow<K, V, C>
where
    K: OwnedKey,
    V: Clone + Serialize + DeserializeOwned + Send + 'static,
    C: Send + 'static,
{
    fn shape() -> StateShape {
        StateShape::new(WINDOW, shape_of::<K>(), shape_of::<V>())
    }

    fn size(&self) -> StateSize {
        self.memory()
    }

    fn delta(&mut self, out: &mut Draft) {
        let out = out.bytes();
        self.restore();
        state::write(&self.left, out);
        for pane in self.panes.after(self.written.told) {
            self.write_pane(pane, 0, usize::MAX, out);
        }
        state::write(&false, out);
        self.written.told = self.panes.latest().unwrap_or(self.written.told);
    }

    fn begin_round(&mut self) {
        self.restore();
        self.written.round = self.panes.latest().unwrap_or(BatchTime::ZERO);
        self.written.after = BatchTime::ZERO;
        self.written.part = (BatchTime::ZERO, 0);
    }

    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool {
        let out = out.bytes();
        state::write(&self.left, out);
        let end = out.len() + bytes.max(1);
        let is_complete = loop {
            let next = self.panes.after(self.written.after).next();
            let Some(pane) = next.filter(|pane| pane.time <= self.written.round) else {
                break true;
            };
            if out.len() >= end {
                break false;
            }
            let (partly, place) = self.written.part;
            let from = if partly == pane.time { place } else { 0 };
            let to = self.write_pane(pane, from, end - out.len(), out);
            self.written.part = (pane.time, to);
            if to == pane.content.numbers.len() {
                self.written.after = pane.time;
            }
        };
        state::write(&false, out);
        is_complete
    }

    fn apply(&mut self, bytes: &[u8], scope: Scope) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        self.left = self.left.max(reader.read()?);
        self.restored.renumbered |= !scope.is_whole();
        while reader.read()? {
            let time = reader.read()?;
            let pane = self.restored.panes.entry(time).or_default();
            for _ in 0..reader.count()? {
                let (number, key, value): (u32, K, V) = reader.read()?;
                if scope.has(key.hash(&key.digest())) {
                    pane.push((number, key, value));
                }
            }
            self.written.told = self.written.told.max(time);
        }
        reader.end()
    }
}

impl<K, V, C> KeyedWindow<K, V, C>
where
    K: OwnedKey,
    V: Clone + Serialize + DeserializeOwned,
{
    /// Writes the values of a pane from a place on, until there are about so many bytes. Returns
    /// the place before which all has been written.
    fn write_pane(
        &self,
        pane: &Pane<Keyed<V>>,
        from: usize,
        bytes: usize,
        out: &mut Vec<u8>,
    ) -> usize {
        let (numbers, values) = (&pane.content.numbers[from..], &pane.content.values[from..]);
        let (mut entries, mut count) = (Vec::new(), 0);
        for (&number, value) in numbers.iter().zip(values) {
            if entries.len() >= bytes {
                break;
            }
            let key = self
                .keys
                .key(number)
                .expect("a key has its number as long as it is in a pane");
            state::write(&(number, key, value), &mut entries);
            count += 1;
        }
        state::write(&(true, pane.time, count), out);
        out.append(&mut entries);
        from + count
    }
}
