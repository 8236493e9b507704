//! Windows of one length, one after the other or overlapping.

use std::time::Duration;

use super::cell::{Cell, Cells};
use super::timed::Windowed;
use super::windows::Rule;
use crate::time::BatchTime;

/// Windows of `length` that begin every `slide`, which is at most as long, counted from the epoch.
///
/// A cell is one *pane*: what lies between two points at which windows can begin or end. So a record
/// is combined once, however many windows it is in, and a window combines its panes when it ends.
#[derive(Debug, Clone, Copy)]
pub struct Panes {
    length: Duration,
    slide: Duration,
    pane: Duration,
}

impl Panes {
    /// `None` unless the slide is a microsecond at least, and the length at least the slide.
    pub(crate) fn new(length: Duration, slide: Duration) -> Option<Self> {
        let fits = slide.as_micros() > 0 && slide <= length;
        fits.then(|| Self {
            length,
            slide,
            pane: divisor(length, slide),
        })
    }

    /// The end of the last window with the pane that begins at `start`.
    fn last_end(self, start: BatchTime) -> BatchTime {
        (start + self.length).floor(self.slide)
    }

    /// The first time after `time` at which a window ends.
    fn end_after(self, time: BatchTime) -> BatchTime {
        time.floor(self.slide) + self.slide
    }
}

fn divisor(a: Duration, b: Duration) -> Duration {
    let (mut long, mut short) = (a.as_micros(), b.as_micros());
    while short > 0 {
        (long, short) = (short, long % short);
    }
    Duration::from_micros(long as u64) // no longer than either
}

impl<V: Clone> Rule<V> for Panes {
    fn open_until(&self, time: BatchTime) -> BatchTime {
        self.last_end(time.floor(self.pane))
    }

    fn pane(&self, time: BatchTime) -> Option<(BatchTime, BatchTime)> {
        let start = time.floor(self.pane);
        Some((start, start + self.pane))
    }

    fn insert(
        &self,
        cells: &mut Cells<V>,
        time: BatchTime,
        value: V,
        combine: &impl Fn(V, V) -> V,
    ) {
        let start = time.floor(self.pane);
        let at = cells.partition_point(|cell| cell.start < start);
        match cells.get_mut(at).filter(|cell| cell.start == start) {
            Some(cell) => {
                cell.value = combine(cell.value.clone(), value);
                cell.is_changed = true;
            }
            None => cells.insert(at, Cell::new(start, start + self.pane, value)),
        }
    }

    /// Goes from window to window, and over what lies between two panes in one step.
    fn due(
        &self,
        cells: &[Cell<V>],
        (before, now): (BatchTime, BatchTime),
        lateness: Duration,
        combine: &impl Fn(V, V) -> V,
        put: &mut impl FnMut(Windowed<V>),
    ) {
        let changed = cells.iter().find(|cell| cell.is_changed);
        let from = changed.map_or(before, |cell| cell.start.min(before));
        let (mut cells, mut end) = (cells, self.end_after(from));
        while end <= now {
            let start = end - self.length;
            cells = &cells[cells.partition_point(|cell| cell.start < start)..];
            let Some(first) = cells.first() else { break };
            if first.start >= end {
                end = self.end_after(first.start);
                continue;
            }
            let inside = &cells[..cells.partition_point(|cell| cell.start < end)];
            let again = || inside.iter().any(|cell| cell.is_changed);
            if end > before || end + lateness > before && again() {
                let values = inside.iter().map(|cell| cell.value.clone());
                let value = values.reduce(combine);
                put(Windowed {
                    start,
                    end,
                    value: value.expect("the first pane is inside"),
                });
            }
            end = end + self.slide;
        }
    }

    fn forget_at(&self, cell: &Cell<V>, lateness: Duration) -> BatchTime {
        self.last_end(cell.start) + lateness
    }

    fn due_after(&self, cells: &[Cell<V>], passed: BatchTime) -> Option<BatchTime> {
        let mut cells = cells.iter();
        let cell = cells.find(|cell| self.last_end(cell.start) > passed)?;
        Some(self.end_after(cell.start.max(passed)))
    }
}
