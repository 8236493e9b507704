//! `session`: windows over event time that end when nothing happens for a while.

use std::time::Duration;

use super::event_window::EventWindow;
use crate::engine::Exchange;
use crate::event::{Sessions, Timed, Windowed};
use crate::key::StateKey;
use crate::state::Kept;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Combines, for each key, the values of a session: of records between which there is nowhere as
    /// much as `gap`. A session begins with its first record, ends `gap` after its last one, and is
    /// put out when the watermark passes its end.
    ///
    /// Two streams come out, as with [`tumbling`](Self::tumbling): the sessions, and the records that
    /// are too late. A record out of order may join two sessions into one. With an allowed
    /// lateness, `.session(30s, |a, b| a + b, 1min)`, that also happens to sessions which were put
    /// out: then the one session comes out, whose `start` is that of the first.
    ///
    /// `f` must be associative and commutative.
    ///
    /// Shape: wide; remembers, so the pipeline needs `#[checkpoint]`. Cost: a lookup for each record,
    /// and each session once when it ends. Memory: a value for each session that has not ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[checkpoint]
    ///     fn visits(clicks: Stream<(&str, u64)>, out: Sink<(&str, u64, u64)>) {
    ///         let timed = clicks.event_time(|click| BatchTime::from_millis(click.1), 500ms);
    ///         let ones = timed.map(|click| (click.0, click.map(|_| 1u64)));
    ///         let (visits, _) = ones.session(400ms, |a, b| a + b);
    ///         visits
    ///             .map(|(user, visit)| (user, visit.start.as_millis(), visit.value))
    ///             .to(out);
    ///     }
    /// );
    ///
    /// let batches = [vec![("ann", 100), ("ann", 700)], vec![("ann", 400), ("bob", 1_999)]];
    /// let rows = run_batches(visits, batches); // at 400 ms ann was there as well: it is one visit
    /// assert_eq!(rows, [vec![], vec![("ann".to_owned(), 100, 3)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "does not know when its records happened", "needs keyed records with a time": see
    /// [`tumbling`](Self::tumbling).
    #[track_caller]
    pub fn session<'b, K, V, F>(
        self,
        gap: Duration,
        f: F,
        lateness: Duration,
    ) -> (
        Session<F>,
        (Stream<(K, Windowed<V>)>, Stream<(K, Timed<V>)>),
    )
    where
        T: Pair<Key = K, Value = Timed<V>>,
        K: StateKey<'b> + Exchange<'b>,
        V: Kept,
        F: Fn(V, V) -> V + Sync,
    {
        let rule = Sessions::new(gap);
        (
            EventWindow::here("session", rule, f, lateness),
            (Stream::new(), Stream::new()),
        )
    }
}

/// The kernel of [`Stream::session`].
pub(super) type Session<F> = EventWindow<Sessions, F>;

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, collect, sorted};

    stream!(
        #[checkpoint]
        fn sessions(xs: Stream<(u8, u64)>, out: Sink<(u8, u64, u64, u64)>, late: Sink<(u8, u64)>) {
            let timed = xs.event_time(|(_, ms)| BatchTime::from_millis(*ms), 1_000ms);
            let ones = timed.map(|x| (x.0, x.map(|_| 1u64)));
            let (sessions, too_late) = ones.session(500ms, |a, b| a + b, 600ms);
            sessions
                .map(|(key, it)| (key, it.start.as_millis(), it.end.as_millis(), it.value))
                .to(out);
            too_late.map(|(key, x)| (key, x.time.as_millis())).to(late);
        }
    );

    #[test]
    fn records_out_of_order_join_sessions_and_what_is_late_may_still_belong_to_one() {
        let batches = [
            vec![(1, 0), (1, 600), (2, 600)],
            vec![(1, 300), (1, 2_000)], // the watermark is at 1,000 ms
            vec![(2, 2_600)], // 1,600 ms: both sessions are put out, and kept until 1,700 ms
            vec![(2, 1_000)], // so this one still joins its session
            vec![(3, 4_500)], // 3,500 ms
            vec![(1, 2_100), (1, 1_800)],
        ];
        for partitions in [1, 2, 5] {
            let ((out, found), (late, late_of)) = (collect(), collect());
            let job = sessions(queue(batches.clone()), out, late);
            TestRun::new().partitions(partitions).job(job, 6).unwrap();
            let ended = [
                vec![],
                vec![],
                vec![(1, 0, 1_100, 3), (2, 600, 1_100, 1)],
                vec![(2, 600, 1_500, 2)],
                vec![(1, 2_000, 2_500, 1), (2, 2_600, 3_100, 1)],
                vec![],
            ];
            assert_eq!(sorted(found.rows()), ended, "{partitions} partitions");
            let late = sorted(late_of.rows()).concat();
            assert_eq!(late, [(1, 1_800), (1, 2_100)]);
        }
    }

    #[test]
    fn within_a_batch_the_order_does_not_matter() {
        // The last record is late by itself. The ones before it join it to a session that is open.
        let chain = [(1, 1_200), (1, 800), (1, 400), (1, 100)];
        let rows = |batch: Vec<(u8, u64)>| {
            let ((out, found), (late, late_of)) = (collect(), collect());
            let batches = [
                vec![(1, 1_600), (2, 900)],
                vec![(2, 3_100)],
                batch,
                vec![(2, 9_000)],
            ];
            TestRun::new()
                .batch_interval(std::time::Duration::from_secs(4))
                .job(sessions(queue(batches), out, late), 4)
                .unwrap();
            (sorted(found.rows()), late_of.rows())
        };
        let (forth, back) = (chain.to_vec(), chain.iter().rev().copied().collect());
        let expected = rows(forth);
        assert_eq!(expected.0[2], [(1, 100, 2_100, 5)]);
        assert!(expected.1.concat().is_empty());
        assert_eq!(rows(back), expected);
    }
}
