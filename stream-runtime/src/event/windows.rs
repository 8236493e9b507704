//! The windows of one partition.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cell::{Cell, Cells};
use super::due::Due;
use super::timed::{Timed, Windowed};
use crate::engine::Buckets;
use crate::key::{OwnedKey, StateKey};
use crate::shape::shape_of;
use crate::state::{
    Draft, Kept, Malformed, Part, Reader, Scope, StateShape, StateSize, StateTable,
};
use crate::table::Entry;
use crate::time::BatchTime;

/// How the time of a key is cut into windows.
pub trait Rule<V> {
    /// The end of the last window that a record at `time` begins or belongs to by itself.
    fn open_until(&self, time: BatchTime) -> BatchTime;

    /// The stretch of time whose values may be combined before anything else is known of the key; `None`
    /// if that depends on the key's other records.
    fn pane(&self, _time: BatchTime) -> Option<(BatchTime, BatchTime)> {
        None
    }

    /// Whether a record at `time`, although its own window has passed, belongs to what is there.
    fn belongs_to(&self, _cells: &[Cell<V>], _time: BatchTime) -> bool {
        false
    }

    /// Takes in a value.
    fn insert(&self, cells: &mut Cells<V>, time: BatchTime, value: V, combine: &impl Fn(V, V) -> V);

    /// Puts out the windows that end after `before` and not after `now`, and again those that ended
    /// before, by no more than `lateness`, and were changed.
    fn due(
        &self,
        cells: &[Cell<V>],
        watermarks: (BatchTime, BatchTime),
        lateness: Duration,
        combine: &impl Fn(V, V) -> V,
        put: &mut impl FnMut(Windowed<V>),
    );

    /// When the watermark is here nobody needs the cell any more.
    fn forget_at(&self, cell: &Cell<V>, lateness: Duration) -> BatchTime;

    /// The first end after `passed` of a window with something in it.
    fn due_after(&self, cells: &[Cell<V>], passed: BatchTime) -> Option<BatchTime>;
}

/// So many records ahead the memory that is needed to look a key up is asked for.
const AHEAD: usize = 16;

/// The windows of one partition: for each key its cells, and when to look at it next.
///
/// Cost: a batch visits the keys of its records and those of which a window ends, no others. The
/// times to look at follow from the cells, so they are made again, not written.
///
/// Memory: for each key some 27 bytes, and for each of its cells the value and 24 bytes; those of a key
/// with several of them are in a vector.
#[derive(Debug)]
pub(crate) struct EventWindows<K, V> {
    keys: StateTable<K, Cells<V>>,
    /// The watermark: all windows up to here have been put out.
    passed: BatchTime,
    /// Positions of keys, by the watermark at which to visit them. What is not in `timer_of` as
    /// well was given up.
    timers: BTreeMap<BatchTime, Vec<u32>>,
    /// The timer of each position; zero without.
    timer_of: Vec<BatchTime>,
    /// Whether the batch is going to visit a position.
    is_visited: Vec<bool>,
    /// Keys without cells. They are there until the next batch, since what is put out borrows them.
    emptied: Vec<u32>,
    is_restored: bool,
}

/// What a batch comes to in one partition.
pub(crate) struct Turned<Q, V> {
    /// The windows that are put out.
    pub(crate) due: Due<V>,
    /// The records that no window takes any more.
    pub(crate) late: Vec<(Q, Timed<V>)>,
}

/// The times by which a batch is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The watermark after the batch.
    pub(crate) watermark: BatchTime,
    /// Nothing can have happened after this.
    pub(crate) ahead: BatchTime,
    /// For how long windows take records after they were put out.
    pub(crate) lateness: Duration,
}

impl<K, V> Default for EventWindows<K, V> {
    fn default() -> Self {
        Self {
            keys: StateTable::default(),
            passed: BatchTime::ZERO,
            timers: BTreeMap::new(),
            timer_of: Vec::new(),
            is_visited: Vec::new(),
            emptied: Vec::new(),
            is_restored: false,
        }
    }
}

impl<K: OwnedKey, V: Kept> EventWindows<K, V> {
    /// Takes in what arrived, moves on to the watermark, and tells what is put out.
    pub(crate) fn turn<'b, Q: StateKey<'b, Owned = K>>(
        &mut self,
        arrived: Buckets<Entry<Q, Timed<V>>>,
        bounds: Bounds,
        rule: &impl Rule<V>,
        combine: &impl Fn(V, V) -> V,
    ) -> Turned<Q, V> {
        self.prepare(rule, bounds.lateness);
        let (before, now) = (self.passed, self.passed.max(bounds.watermark));
        let (mut visits, late) = self.take_in(arrived, bounds, rule, combine);
        self.passed = now;
        self.take_timers(&mut visits);
        let mut due = Due::default();
        for at in visits {
            self.is_visited[at as usize] = false;
            let cells = self.keys.value_mut(at);
            let watermarks = (before, now);
            rule.due(cells, watermarks, bounds.lateness, combine, &mut |window| {
                due.put(at, window);
            });
            cells.retain(|cell| rule.forget_at(cell, bounds.lateness) > now);
            cells.iter_mut().for_each(|cell| cell.is_changed = false);
            self.schedule(at, rule, bounds.lateness);
        }
        Turned { due, late }
    }

    /// The watermark: all windows up to here have been put out.
    pub(crate) fn passed(&self) -> BatchTime {
        self.passed
    }

    /// The key at a position.
    pub(crate) fn key(&self, at: u32) -> &K {
        self.keys.key(at)
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Sets the timers after a restart, and lets go of what the last batch has left.
    fn prepare(&mut self, rule: &impl Rule<V>, lateness: Duration) {
        if std::mem::take(&mut self.is_restored) {
            for at in self.keys.positions() {
                self.schedule(at, rule, lateness);
            }
        }
        self.keys.remove_all(&std::mem::take(&mut self.emptied));
    }

    /// The positions of the keys that got something, and what came too late or too early.
    ///
    /// A record whose own window has passed may belong to a session that has not, because of a later
    /// record, and that one may be in the same batch. So the later ones go first.
    fn take_in<'b, Q: StateKey<'b, Owned = K>>(
        &mut self,
        arrived: Buckets<Entry<Q, Timed<V>>>,
        bounds: Bounds,
        rule: &impl Rule<V>,
        combine: &impl Fn(V, V) -> V,
    ) -> (Vec<u32>, Vec<(Q, Timed<V>)>) {
        let (mut visits, mut passed, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for bucket in arrived {
            let mut entries = bucket.into_iter();
            while let Some(entry) = entries.next() {
                if let Some(later) = entries.as_slice().get(AHEAD) {
                    self.keys.prefetch(later.hash());
                }
                let time = entry.value.time;
                if time > bounds.ahead {
                    late.push(entry.into_pair());
                } else if rule.open_until(time) + bounds.lateness > self.passed {
                    self.insert(entry, rule, combine, &mut visits);
                } else {
                    passed.push(entry);
                }
            }
        }
        passed.sort_by_key(|entry| std::cmp::Reverse(entry.value.time));
        for entry in passed {
            let found = self.keys.find(entry.hash(), &*entry.key());
            let cells = found.map_or(&[][..], |at| self.keys.value(at));
            if rule.belongs_to(cells, entry.value.time) {
                self.insert(entry, rule, combine, &mut visits);
            } else {
                late.push(entry.into_pair());
            }
        }
        (visits, late)
    }

    fn insert<'b, Q: StateKey<'b, Owned = K>>(
        &mut self,
        entry: Entry<Q, Timed<V>>,
        rule: &impl Rule<V>,
        combine: &impl Fn(V, V) -> V,
        visits: &mut Vec<u32>,
    ) {
        let at = self
            .keys
            .find_or_insert(entry.hash(), &*entry.key(), Cells::default);
        let Timed { time, record } = entry.value;
        rule.insert(self.keys.value_mut(at), time, record, combine);
        self.visit(at, visits);
    }

    /// Notes that the batch has to visit a position, once.
    fn visit(&mut self, at: u32, visits: &mut Vec<u32>) {
        let place = at as usize;
        if place >= self.is_visited.len() {
            self.is_visited.resize(place + 1, false);
        }
        if !std::mem::replace(&mut self.is_visited[place], true) {
            visits.push(at);
        }
    }

    /// Adds the keys whose time has come, and puts all of them in order.
    fn take_timers(&mut self, visits: &mut Vec<u32>) {
        while let Some(timer) = self.timers.first_entry() {
            let time = *timer.key();
            if time > self.passed {
                break;
            }
            for at in timer.remove() {
                if self.timer_of[at as usize] == time {
                    self.timer_of[at as usize] = BatchTime::ZERO;
                    self.visit(at, visits);
                }
            }
        }
        visits.sort_unstable();
    }

    /// Sets the timer of a key: when a window ends next, or a cell is not needed any more.
    fn schedule(&mut self, at: u32, rule: &impl Rule<V>, lateness: Duration) {
        let cells = self.keys.value(at);
        let Some(first) = cells.first() else {
            self.emptied.push(at);
            self.set_timer(at, BatchTime::ZERO);
            return;
        };
        let forget = rule.forget_at(first, lateness);
        let due = rule.due_after(cells, self.passed);
        let time = due.map_or(forget, |due| due.min(forget));
        if self.set_timer(at, time) {
            self.timers.entry(time).or_default().push(at);
        }
    }

    /// Notes the timer of a position; whether it had another.
    fn set_timer(&mut self, at: u32, time: BatchTime) -> bool {
        let at = at as usize;
        if at >= self.timer_of.len() {
            self.timer_of.resize(at + 1, BatchTime::ZERO);
        }
        std::mem::replace(&mut self.timer_of[at], time) != time
    }
}

/// ```text
/// the watermark, and what is written of the keys, with its length before it
/// ```
impl<K: OwnedKey, V: Kept> Part for EventWindows<K, V> {
    fn one_of(partitions: usize) -> Self {
        Self {
            keys: StateTable::one_of(partitions),
            ..Self::default()
        }
    }

    fn shape() -> StateShape {
        StateShape::new("event windows", shape_of::<K>(), shape_of::<V>())
    }

    /// As if each key had one cell.
    fn size(&self) -> StateSize {
        StateSize::of_keys(self.len(), size_of::<(K, Cells<V>)>() + 27)
    }

    fn delta(&mut self, out: &mut Draft) {
        let mut keys = Draft::default();
        self.keys.delta(&mut keys);
        out.write(&self.passed);
        out.write_counted(keys);
    }

    fn begin_round(&mut self) {
        self.keys.begin_round();
    }

    fn image(&mut self, out: &mut Draft, bytes: usize) -> bool {
        let mut keys = Draft::default();
        let is_complete = self.keys.image(&mut keys, bytes);
        out.write(&self.passed);
        out.write_counted(keys);
        is_complete
    }

    fn apply(&mut self, bytes: &[u8], scope: Scope) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        self.passed = self.passed.max(reader.read()?);
        self.is_restored = true;
        self.keys.apply(reader.bytes()?, scope)?;
        reader.end()
    }
}

impl<Q, V> Default for Turned<Q, V> {
    fn default() -> Self {
        Self {
            due: Due::default(),
            late: Vec::new(),
        }
    }
}
