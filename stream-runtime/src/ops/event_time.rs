//! `event_time`: records get the time at which they happened.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::context::BatchContext;
use crate::error::Failure;
use crate::event::{InputTime, Timed, Watermark};
use crate::site::Site;
use crate::state::Slot;
use crate::stream::Stream;
use crate::time::BatchTime;

impl<T> Stream<T> {
    /// Gives each record the time at which it happened, which `time` tells, for
    /// [`tumbling`](Self::tumbling), [`sliding`](Self::sliding) and [`session`](Self::session)
    /// windows.
    ///
    /// Records may be out of order by `disorder`: the *watermark* is the largest time seen minus
    /// that, and a window is put out when the watermark passes its end. The longer it is, the later
    /// come the results; the shorter, the more records are late. The watermark never goes back, and
    /// never goes beyond the time of the batch, so that a single wrong clock cannot make all others
    /// late.
    ///
    /// Where streams with times of their own meet, as in a `union`, the last watermark counts. A
    /// stream that had no record for `idle_after`, in the time of the batches, is idle until it has
    /// one: it does not hold the others back, and what it then has to tell may be late. Without the
    /// argument that is a minute. If all of them are idle nothing moves, so the last windows wait
    /// for the next record.
    ///
    /// The records are used as before, `click.user`; `click.time` is the time, and
    /// `click.map(|click| …)` keeps it.
    ///
    /// Shape: narrow; a comparison for each record. Remembers one time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[checkpoint]
    ///     fn clicks(clicks: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
    ///         let timed = clicks.event_time(|(_, ms)| BatchTime::from_millis(*ms), 500ms, 30s);
    ///         let ones = timed.map(|click| (click.0, click.map(|_| 1u64)));
    ///         let (counts, _) = ones.tumbling(1s, |a, b| a + b);
    ///         counts.map(|(user, count)| (user, count.value)).to(out);
    ///     }
    /// );
    ///
    /// let batches = [vec![("ann", 100), ("ann", 900)], vec![("ann", 700), ("ann", 1_500)]];
    /// let rows = run_batches(clicks, batches);
    /// assert_eq!(rows, [vec![], vec![("ann".to_owned(), 3)]]);
    /// ```
    #[track_caller]
    pub fn event_time<F: Fn(&T) -> BatchTime + Sync>(
        self,
        time: F,
        disorder: Duration,
        idle_after: Duration,
    ) -> (EventTime<F>, Stream<Timed<T>>) {
        (
            EventTime {
                site: Site::here("event_time"),
                time,
                disorder,
                idle_after,
                latest: AtomicU64::new(0),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::event_time`].
#[derive(Debug)]
pub struct EventTime<F> {
    /// Where the operator stands.
    pub site: Site,
    time: F,
    disorder: Duration,
    idle_after: Duration,
    /// As in [`Latest`], of the tasks that have ended.
    latest: AtomicU64,
}

/// The largest time that a task has seen, which it tells at its end.
#[derive(Debug)]
pub struct Latest<'o> {
    /// In microseconds, and one more: zero if there was none.
    latest: u64,
    all: &'o AtomicU64,
}

impl Drop for Latest<'_> {
    fn drop(&mut self) {
        self.all.fetch_max(self.latest, Ordering::Relaxed);
    }
}

impl<F> EventTime<F> {
    /// What a task begins with.
    pub fn local(&self, _: BatchTime, _: usize) -> Latest<'_> {
        Latest {
            latest: 0,
            all: &self.latest,
        }
    }

    /// The record with its time.
    #[inline(always)]
    pub fn apply<T>(&self, latest: &mut Latest<'_>, record: T) -> Option<Timed<T>>
    where
        F: Fn(&T) -> BatchTime,
    {
        let time = (self.time)(&record);
        latest.latest = latest.latest.max(time.as_micros().saturating_add(1));
        Some(Timed { time, record })
    }

    /// The watermark after the batch, when all tasks have ended.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn watermark(
        &self,
        context: &BatchContext<'_>,
        slot: &mut Slot<'_>,
    ) -> Result<Watermark, Failure> {
        let latest = self.latest.load(Ordering::Relaxed).checked_sub(1);
        let input = slot.state(self.site, InputTime::default)?;
        let watermark = input.advance(
            context.time(),
            latest.map(BatchTime::from_micros),
            self.disorder,
            self.idle_after,
        );
        context.note_watermark(self.site, watermark);
        Ok(watermark)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    type Event = (u64, u64);

    fn at(event: &Event) -> BatchTime {
        BatchTime::from_millis(event.0)
    }

    stream!(
        #[checkpoint]
        fn united(left: Stream<Event>, right: Stream<Event>, out: Sink<(u64, u64)>) {
            let first = left.event_time(at, 1us, 3s);
            let second = right.event_time(at, 1us, 3s);
            let keyed = first.union(second).key_by(|event| event.1);
            let ones = keyed.map_values(|event| event.map(|_| 1u64));
            let (counts, _) = ones.tumbling(1s, |a, b| a + b);
            counts
                .map(|(_, count)| (count.end.as_millis(), count.value))
                .to(out);
        }

        fn as_given(events: Stream<Event>, out: Sink<(u64, u64)>) {
            let timed = events.event_time(at, 5s);
            timed
                .map(|event| (event.time.as_millis(), event.record.1))
                .to(out);
        }
    );

    #[test]
    fn records_keep_their_order_and_get_their_time() {
        let rows = TestRun::new().run(as_given, [vec![(70, 1), (20, 2)], vec![(9_999, 3)]]);
        assert_eq!(rows, [vec![(70, 1), (20, 2)], vec![(9_999, 3)]]);
    }

    #[test]
    fn a_stream_without_records_holds_the_others_back_until_it_is_idle() {
        let left = [
            vec![(500, 0)],
            vec![(1_500, 0)],
            vec![(2_500, 0)],
            vec![(3_500, 0)], // the right one has been silent for three seconds
            vec![(4_500, 0)],
            vec![(5_500, 0)],
        ];
        let right = [vec![], vec![], vec![], vec![], vec![(4_100, 0)], vec![]];
        for partitions in [1, 2, 5] {
            let run = TestRun::new().partitions(partitions);
            let rows = sorted(run.run_two(united, left.clone(), right.clone()));
            let ended = [
                vec![],
                vec![],
                vec![],
                vec![(1_000, 1), (2_000, 1), (3_000, 1)],
                vec![(4_000, 1)],
                vec![],
            ];
            assert_eq!(rows, ended, "{partitions} partitions");
        }
    }
}
