//! What is kept of a key: the values of stretches of time.

use std::ops::{Deref, DerefMut, Range};
use std::{mem, vec};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::BatchTime;

/// The value of what happened from `start` on and before `end`. The cells of a key stand in the
/// order of time and do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell<V> {
    pub(super) start: BatchTime,
    pub(super) end: BatchTime,
    pub(super) value: V,
    /// Whether this batch has changed it. No batch ends with it.
    #[serde(skip)]
    pub(super) is_changed: bool,
}

impl<V> Cell<V> {
    /// A cell that was changed.
    pub(super) fn new(start: BatchTime, end: BatchTime, value: V) -> Self {
        Self {
            start,
            end,
            value,
            is_changed: true,
        }
    }
}

/// The cells of a key. Most keys have one, which stands with the key, where it is found without another
/// step through memory; it takes no more room than the vector that several of them are in.
#[derive(Debug, Clone)]
pub enum Cells<V> {
    /// A single one.
    One(Cell<V>),
    /// Any number of them.
    Many(Vec<Cell<V>>),
}

impl<V> Default for Cells<V> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<V> From<Vec<Cell<V>>> for Cells<V> {
    fn from(mut cells: Vec<Cell<V>>) -> Self {
        match cells.pop() {
            Some(cell) if cells.is_empty() => Self::One(cell),
            last => {
                cells.extend(last);
                Self::Many(cells)
            }
        }
    }
}

impl<V> Deref for Cells<V> {
    type Target = [Cell<V>];

    #[inline(always)]
    fn deref(&self) -> &[Cell<V>] {
        match self {
            Self::One(cell) => std::slice::from_ref(cell),
            Self::Many(cells) => cells,
        }
    }
}

impl<V> DerefMut for Cells<V> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Cell<V>] {
        match self {
            Self::One(cell) => std::slice::from_mut(cell),
            Self::Many(cells) => cells,
        }
    }
}

impl<V> Cells<V> {
    /// Puts a cell before the one at a place.
    #[inline]
    pub(super) fn insert(&mut self, at: usize, cell: Cell<V>) {
        if self.is_empty() {
            *self = Self::One(cell);
        } else {
            self.replace(at..at, |_| Some(cell));
        }
    }

    /// Puts what `f` makes of some cells in their place.
    pub(super) fn replace(
        &mut self,
        range: Range<usize>,
        f: impl FnOnce(vec::Drain<'_, Cell<V>>) -> Option<Cell<V>>,
    ) {
        let mut cells = match mem::take(self) {
            Self::One(cell) => vec![cell],
            Self::Many(cells) => cells,
        };
        let at = range.start;
        let cell = f(cells.drain(range));
        cells.splice(at..at, cell);
        *self = Self::from(cells);
    }

    /// Keeps those for which `is_kept` says so.
    #[inline]
    pub(super) fn retain(&mut self, mut is_kept: impl FnMut(&Cell<V>) -> bool) {
        match self {
            Self::One(cell) if !is_kept(cell) => *self = Self::default(),
            Self::One(_) => {}
            Self::Many(cells) => cells.retain(is_kept),
        }
    }
}

/// Written as the vector that it stands for.
impl<V: Serialize> Serialize for Cells<V> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self[..].serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Cells<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(second: u64) -> Cell<u64> {
        let at = |second| BatchTime::from_millis(second * 1_000);
        Cell::new(at(second), at(second + 1), second)
    }

    fn values(cells: &Cells<u64>) -> Vec<u64> {
        cells.iter().map(|cell| cell.value).collect()
    }

    #[test]
    fn one_cell_takes_no_more_room_than_a_vector_beside_its_number() {
        assert_eq!(size_of::<Cells<u64>>(), size_of::<Cell<u64>>());
    }

    #[test]
    fn cells_are_a_vector_however_many_there_are() {
        let (mut cells, mut expected) = (Cells::default(), Vec::new());
        for (at, second) in [(0, 5), (1, 9), (0, 1), (2, 7), (1, 3)] {
            cells.insert(at, cell(second));
            expected.insert(at, second);
            assert_eq!(values(&cells), expected);
            let bytes = postcard::to_stdvec(&cells).unwrap();
            assert_eq!(bytes, postcard::to_stdvec(&cells[..]).unwrap());
            let read: Cells<u64> = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(values(&read), expected);
        }
        cells.replace(1..4, |mut between| between.next_back());
        assert_eq!(values(&cells), [1, 7, 9]);
        cells.retain(|cell| cell.value == 7);
        assert_eq!(values(&cells), [7]);
        cells.replace(0..1, |mut all| all.next_back());
        assert!(matches!(cells, Cells::One(_)));
        cells.retain(|_| false);
        assert!(cells.is_empty());
    }
}
