//! Windows that end when nothing happens for a while.

use std::time::Duration;

use super::cell::{Cell, Cells};
use super::timed::Windowed;
use super::windows::Rule;
use crate::time::BatchTime;

/// A session has the records of a key between which there is nowhere as much as `gap`. It is one
/// cell, which ends `gap` after its last record.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    gap: Duration,
}

impl Sessions {
    /// `None` unless the gap is a microsecond at least.
    pub(crate) fn new(gap: Duration) -> Option<Self> {
        (gap.as_micros() > 0).then_some(Self { gap })
    }

    /// The places of the cells that a record at `time` belongs to: with two of them, it is the bridge.
    fn touched<V>(self, cells: &[Cell<V>], time: BatchTime) -> (usize, usize) {
        let first = cells.partition_point(|cell| cell.end <= time);
        let behind = cells[first..].partition_point(|cell| cell.start < time + self.gap);
        (first, first + behind)
    }
}

impl<V: Clone> Rule<V> for Sessions {
    fn open_until(&self, time: BatchTime) -> BatchTime {
        time + self.gap
    }

    fn belongs_to(&self, cells: &[Cell<V>], time: BatchTime) -> bool {
        let (first, end) = self.touched(cells, time);
        first < end
    }

    fn insert(
        &self,
        cells: &mut Cells<V>,
        time: BatchTime,
        value: V,
        combine: &impl Fn(V, V) -> V,
    ) {
        let (first, end) = self.touched(cells, time);
        if let [cell] = &mut cells[first..end] {
            cell.start = cell.start.min(time);
            cell.end = cell.end.max(time + self.gap);
            cell.value = combine(cell.value.clone(), value);
            cell.is_changed = true;
            return;
        }
        let alone = Cell::new(time, time + self.gap, value);
        if first == end {
            return cells.insert(first, alone);
        }
        cells.replace(first..end, |bridged| {
            bridged.chain([alone]).reduce(|a, b| Cell {
                start: a.start.min(b.start),
                end: a.end.max(b.end),
                value: combine(a.value, b.value),
                is_changed: true,
            })
        });
    }

    fn due(
        &self,
        cells: &[Cell<V>],
        (before, now): (BatchTime, BatchTime),
        _: Duration,
        _: &impl Fn(V, V) -> V,
        put: &mut impl FnMut(Windowed<V>),
    ) {
        let due = |cell: &&Cell<V>| cell.end <= now && (cell.end > before || cell.is_changed);
        for cell in cells.iter().filter(due) {
            put(Windowed {
                start: cell.start,
                end: cell.end,
                value: cell.value.clone(),
            });
        }
    }

    fn forget_at(&self, cell: &Cell<V>, lateness: Duration) -> BatchTime {
        cell.end + lateness
    }

    fn due_after(&self, cells: &[Cell<V>], passed: BatchTime) -> Option<BatchTime> {
        let mut ends = cells.iter().map(|cell| cell.end);
        ends.find(|end| *end > passed)
    }
}
