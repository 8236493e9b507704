//! What the windows over event time share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::buckets::deal;
use crate::combining::add_to;
use crate::context::BatchContext;
use crate::engine::Buckets;
use crate::error::Failure;
use crate::event::{Bounds, EventWindows, Rule, Timed, Turned, Watermark, Windowed, merged};
use crate::generated::waiting;
use crate::key::{Key, StateKey};
use crate::site::Site;
use crate::state::{Kept, Partitioned, Slot};
use crate::table::{Entry, Table};
use crate::time::BatchTime;

/// How far the time of a record may be after that of its batch, as clocks differ. What is beyond
/// goes to the late records: its window would be kept until then.
const AHEAD_MAX: Duration = Duration::from_secs(60);

fn ahead(context: &BatchContext<'_>) -> BatchTime {
    context.time() + AHEAD_MAX
}

/// The kernel of an operator that cuts event time into windows by the rule `R`, and combines the
/// values of a window with `F`.
#[derive(Debug)]
pub struct EventWindow<R, F> {
    /// Where the operator stands.
    pub site: Site,
    /// `None` if its durations do not fit one another.
    rule: Option<R>,
    combine: F,
    lateness: Duration,
    in_time: Option<InTime>,
}

/// The times between which records are neither late nor ahead of all clocks.
#[derive(Debug, Clone, Copy)]
struct InTime {
    passed: BatchTime,
    ahead: BatchTime,
}

/// What one task has for the shuffle: values that it could combine, by pane and key, and the records with
/// which it could not, since they may be late or may come out on their own.
#[derive(Debug)]
pub struct Early<K: Key, V> {
    /// The starts of the panes, in the order in which they were met.
    starts: Table<u64, ()>,
    /// The values of each of them.
    panes: Vec<Table<K, V>>,
    others: Vec<Entry<K, Timed<V>>>,
    /// The pane of the last record that was combined, from its start to its end, and which it is.
    pane: (BatchTime, BatchTime),
    last: usize,
    /// How many keys the first pane is to have room for.
    room: usize,
}

impl<K: Key, V> Default for Early<K, V> {
    fn default() -> Self {
        Self {
            starts: Table::default(),
            panes: Vec::new(),
            others: Vec::new(),
            pane: (BatchTime::ZERO, BatchTime::ZERO),
            last: 0,
            room: 0,
        }
    }
}

impl<K: Key, V> Early<K, V> {
    /// Whether a record belongs to the same pane as the last one. Times seldom go back, so it mostly does,
    /// and no division is needed to tell.
    #[inline(always)]
    fn has(&self, time: BatchTime) -> bool {
        self.pane.0 <= time && time < self.pane.1
    }

    /// Goes to a pane. A new one begins with room for as many keys as the one before has.
    fn go_to(&mut self, pane: (BatchTime, BatchTime)) {
        let (at, is_known) = self.starts.insert_with(pane.0.as_micros(), (), |()| ());
        if is_known.is_none() {
            let room = self.panes.last().map_or(self.room, Table::len);
            self.panes.push(Table::with_room(room));
        }
        (self.pane, self.last) = (pane, at);
    }

    /// What was combined counts as records at the start of their pane.
    fn into_entries(self) -> Vec<Entry<K, Timed<V>>> {
        let mut entries = self.others;
        entries.reserve(self.panes.iter().map(Table::len).sum());
        let panes = self.starts.into_entries().into_iter().zip(self.panes);
        for (start, pane) in panes {
            let time = BatchTime::from_micros(*start.key());
            for entry in pane.into_entries() {
                let (record, entry) = entry.with(());
                let ((), entry) = entry.with(Timed { time, record });
                entries.push(entry);
            }
        }
        entries
    }
}

/// What a task works on: what one partition keeps, and what arrived there.
#[derive(Debug)]
pub struct Turn<'s, K: StateKey<'s>, V> {
    windows: &'s mut EventWindows<K::Owned, V>,
    arrived: Buckets<Entry<K, Timed<V>>>,
    bounds: Bounds,
    /// How many records of the batch are late, in all partitions.
    late: Arc<AtomicU64>,
}

impl<R, F> EventWindow<R, F> {
    /// The kernel of the operator that is being called.
    #[track_caller]
    pub(super) fn here(
        name: &'static str,
        rule: Option<R>,
        combine: F,
        lateness: Duration,
    ) -> Self {
        Self {
            site: Site::here(name),
            rule,
            combine,
            lateness,
            in_time: None,
        }
    }

    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// Learns which records cannot be late, if that is known: those are combined before the shuffle.
    pub fn begin(&mut self, context: &BatchContext<'_>, slot: &Slot<'_>) {
        let passed = match slot.is_new() {
            true => Some(BatchTime::ZERO),
            false => slot.left(),
        };
        self.in_time = passed.map(|passed| InTime {
            passed,
            ahead: ahead(context),
        });
    }

    /// What one task begins with, to which about `room` values and records will come.
    pub fn local<K: Key, V>(&self, room: usize) -> Early<K, V>
    where
        R: Rule<V>,
    {
        let mut early = Early::default();
        let rule = self.rule.as_ref().filter(|_| self.in_time.is_some());
        match rule.and_then(|rule| rule.pane(BatchTime::ZERO)) {
            Some(_) => early.room = room,
            None => early.others.reserve(room),
        }
        early
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V>(&self, early: &mut Early<K, V>, (key, value): (K, Timed<V>))
    where
        R: Rule<V>,
        F: Fn(V, V) -> V,
    {
        let Timed { time, record } = value;
        if early.has(time) || self.find_pane(early, time) {
            let pane = &mut early.panes[early.last];
            add_to(pane, (key, record), |value| value, &self.combine);
        } else {
            early.others.push(Entry::new(key, Timed { time, record }));
        }
    }

    /// Goes to the pane of a record, if it may be combined with the others of its pane.
    #[inline(never)]
    fn find_pane<K: Key, V>(&self, early: &mut Early<K, V>, time: BatchTime) -> bool
    where
        R: Rule<V>,
    {
        let (Some(rule), Some(in_time)) = (&self.rule, self.in_time) else {
            return false;
        };
        let is_open = rule.open_until(time) + self.lateness > in_time.passed;
        match rule.pane(time) {
            Some((start, end)) if is_open && time <= in_time.ahead => {
                // What is ahead of all clocks is late, even in a pane that is not.
                early.go_to((start, end.min(in_time.ahead)));
                true
            }
            _ => false,
        }
    }

    /// Deals what a task has out to the partitions.
    pub fn finish<K: Key, V>(
        &self,
        early: Early<K, V>,
        width: usize,
    ) -> Buckets<Entry<K, Timed<V>>> {
        deal(early.into_entries(), width)
    }

    /// Gives each partition its windows, beside the records that arrived there; and about how many
    /// records there are to visit. `marks` are the watermarks of the streams that come together here.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name, or the durations do not fit.
    pub fn open<'s, K: StateKey<'s>, V: Kept>(
        &self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        marks: &[Watermark],
        arrived: Vec<Buckets<Entry<K, Timed<V>>>>,
    ) -> Result<(Vec<Turn<'s, K, V>>, usize), Failure> {
        if self.rule.is_none() {
            return Err(Failure::Window {
                site: self.site,
                message:
                    "its durations are longer than zero, and a slide is not longer than its window"
                        .to_owned(),
            });
        }
        let bounds = Bounds {
            watermark: merged(marks),
            ahead: ahead(context),
            lateness: self.lateness,
        };
        let new = || Partitioned::<EventWindows<K::Owned, V>>::new(context.partitions());
        let parts = slot.state(self.site, new)?.parts().iter();
        let passed = parts.map(EventWindows::passed).max().unwrap_or_default();
        slot.leave(passed.max(bounds.watermark));
        let parts = slot.state(self.site, new)?.parts_mut();
        let keys: usize = parts.iter().map(EventWindows::len).sum();
        let waiting = keys + waiting(&arrived);
        let counted = context.late(self.site);
        let parts = parts.iter_mut().zip(arrived);
        let turns = parts.map(|(windows, arrived)| Turn {
            windows,
            arrived,
            bounds,
            late: Arc::clone(&counted),
        });
        Ok((turns.collect(), waiting))
    }

    /// The windows that are put out, or else the records that are late.
    pub fn merge<'s, K: StateKey<'s>, V: Kept>(
        &self,
        turn: Turn<'s, K, V>,
    ) -> impl Iterator<Item = Result<(K, Windowed<V>), (K, Timed<V>)>>
    where
        R: Rule<V>,
        F: Fn(V, V) -> V,
    {
        let Turn {
            windows,
            arrived,
            bounds,
            late: counted,
        } = turn;
        let rule = self.rule.as_ref();
        let turned = rule.map(|rule| windows.turn(arrived, bounds, rule, &self.combine));
        let Turned { due, late } = turned.unwrap_or_default();
        counted.fetch_add(late.len() as u64, Ordering::Relaxed);
        let windows: &'s EventWindows<K::Owned, V> = windows;
        let due = due
            .into_ordered()
            .map(|(at, window)| Ok((K::lend(windows.key(at)), window)));
        due.chain(late.into_iter().map(Err))
    }
}
