//! What the windows over event time share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::buckets::deal;
use crate::context::BatchContext;
use crate::engine::Buckets;
use crate::error::Failure;
use crate::event::{Bounds, EventWindows, Rule, Timed, Turned, Watermark, Windowed, merged};
use crate::generated::waiting;
use crate::key::{Key, StateKey};
use crate::site::Site;
use crate::state::{Kept, Partitioned, Slot};
use crate::table::Entry;

/// How far the time of a record may be after that of its batch, as clocks differ. What is beyond
/// goes to the late records: its window would be kept until then.
const AHEAD_MAX: Duration = Duration::from_secs(60);

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
        }
    }

    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The records of one task.
    pub fn local<K: Key, V>(&self) -> Vec<Entry<K, Timed<V>>> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V>(
        &self,
        entries: &mut Vec<Entry<K, Timed<V>>>,
        (key, value): (K, Timed<V>),
    ) {
        entries.push(Entry::new(key, value));
    }

    /// Deals the records out to the partitions.
    pub fn finish<K: Key, V>(
        &self,
        entries: Vec<Entry<K, Timed<V>>>,
        width: usize,
    ) -> Buckets<Entry<K, Timed<V>>> {
        deal(entries, width)
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
            ahead: context.time() + AHEAD_MAX,
            lateness: self.lateness,
        };
        let states = slot.state(self.site, || Partitioned::new(context.partitions()))?;
        let parts: &mut [EventWindows<K::Owned, V>] = states.parts_mut();
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
            .into_iter()
            .map(|(at, window)| Ok((K::lend(windows.key(at)), window)));
        due.chain(late.into_iter().map(Err))
    }
}
