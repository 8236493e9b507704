//! `sliding`: windows over event time that overlap.

use std::time::Duration;

use super::event_window::EventWindow;
use crate::engine::Exchange;
use crate::event::{Panes, Timed, Windowed};
use crate::key::StateKey;
use crate::state::Kept;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Combines, for each key, the values of what happened in the last `length` before each multiple
    /// of `slide`. A slide is at most as long as the window, so that each record is in at least one.
    ///
    /// As with [`tumbling`](Self::tumbling), windows count from the epoch and are put out when the
    /// watermark passes their end, and two streams come out: the windows, and the records that are
    /// too late for all of theirs. A record that is too late for some of its windows is in the others.
    /// With an allowed lateness, `.sliding(30s, 10s, |a, b| a + b, 1min)`, windows that are changed
    /// later come out again.
    ///
    /// `f` must be associative and commutative.
    ///
    /// Shape: wide; remembers, so the pipeline needs `#[checkpoint]`. Cost: a lookup for each record,
    /// however many windows it is in; and a call of `f` for each pane of a window when that ends,
    /// where a pane is as long as the greatest common divisor of length and slide. Memory: a value for
    /// each key and pane.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[checkpoint]
    ///     fn peaks(heats: Stream<(u8, u64, u64)>, out: Sink<(u64, u64)>) {
    ///         let timed = heats.event_time(|(_, ms, _)| BatchTime::from_millis(*ms), 1us);
    ///         let by_sensor = timed.map(|heat| (heat.0, heat.map(|heat| heat.2)));
    ///         let (peaks, _) = by_sensor.sliding(2s, 1s, Ord::max);
    ///         peaks.map(|(_, peak)| (peak.end.as_millis(), peak.value)).to(out);
    ///     }
    /// );
    ///
    /// let batches = [vec![(1, 100, 50), (1, 900, 70)], vec![(1, 1_700, 60)], vec![(1, 3_000, 40)]];
    /// let rows = run_batches(peaks, batches);
    /// assert_eq!(rows, [vec![], vec![(1_000, 70)], vec![(2_000, 70)]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "does not know when its records happened", "needs keyed records with a time": see
    /// [`tumbling`](Self::tumbling). "is longer than the window": choose a shorter slide.
    #[track_caller]
    pub fn sliding<'b, K, V, F>(
        self,
        length: Duration,
        slide: Duration,
        f: F,
        lateness: Duration,
    ) -> (
        Sliding<F>,
        (Stream<(K, Windowed<V>)>, Stream<(K, Timed<V>)>),
    )
    where
        T: Pair<Key = K, Value = Timed<V>>,
        K: StateKey<'b> + Exchange<'b>,
        V: Kept,
        F: Fn(V, V) -> V + Sync,
    {
        let rule = Panes::new(length, slide);
        (
            EventWindow::here("sliding", rule, f, lateness),
            (Stream::new(), Stream::new()),
        )
    }
}

/// The kernel of [`Stream::sliding`].
pub(super) type Sliding<F> = EventWindow<Panes, F>;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::prelude::*;
    use crate::testing::{TestRun, collect, sorted};

    /// No longer than what it slides over, or so the compiler must think.
    const SLIDE: Duration = Duration::from_secs(9);

    stream!(
        #[checkpoint]
        fn by_two_of_three(xs: Stream<(u8, u64)>, out: Sink<(u64, u64)>, late: Sink<u64>) {
            let timed = xs.event_time(|(_, ms)| BatchTime::from_millis(*ms), 1ms);
            let keyed = timed.key_by(|x| x.0);
            let counts = keyed.map_values(|x| x.map(|_| 1u64));
            let (windows, too_late) = counts.sliding(3s, 2s, |a, b| a + b);
            windows
                .map(|(_, count)| (count.end.as_millis(), count.value))
                .to(out);
            too_late.map(|(_, x)| x.time.as_millis()).to(late);
        }

        #[checkpoint]
        fn with_holes(xs: Stream<(u8, u64)>, out: Sink<u64>) {
            let timed = xs.event_time(|(_, ms)| BatchTime::from_millis(*ms), 1ms);
            let (windows, _) = timed
                .map(|x| (x.0, x.map(|_| 1u64)))
                .sliding(3s, SLIDE, |a, b| a + b);
            windows.map(|(_, count)| count.value).to(out);
        }
    );

    #[test]
    fn a_record_is_in_each_window_around_it_that_is_not_over() {
        let batches = [
            vec![(1, 500), (1, 999)],
            vec![(1, 1_500), (2, 1_999)],
            vec![(1, 3_000)],
            vec![(1, 1_000), (1, 900)], // the watermark before it is at 2,999 ms
            vec![(1, 5_000)],
            vec![],
            vec![(2, 7_000)],
        ];
        for partitions in [1, 2, 5] {
            let ((out, counts), (late, late_of)) = (collect(), collect());
            let job = by_two_of_three(queue(batches.clone()), out, late);
            TestRun::new().partitions(partitions).job(job, 7).unwrap();
            let ended = [
                vec![],
                vec![],
                vec![(2_000, 1), (2_000, 3)],
                vec![],
                vec![(4_000, 1), (4_000, 3)],
                vec![],
                vec![(6_000, 2)],
            ];
            assert_eq!(sorted(counts.rows()), ended, "{partitions} partitions");
            assert_eq!(late_of.rows().concat(), [900]);
        }
    }

    #[test]
    fn a_slide_that_only_the_job_knows_to_be_too_long_is_an_error() {
        let error = TestRun::new()
            .fails(|xs| with_holes(xs, collect().0), [[(1, 1)]])
            .to_string();
        assert!(error.contains("not longer than its window"), "{error}");
    }
}
