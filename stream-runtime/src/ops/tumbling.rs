//! `tumbling`: windows over event time, one after the other.

use std::time::Duration;

use super::event_window::EventWindow;
use crate::engine::Exchange;
use crate::event::{Panes, Timed, Windowed};
use crate::key::StateKey;
use crate::state::Kept;
use crate::stream::{Pair, Stream};

impl<T> Stream<T> {
    /// Combines, for each key, the values of what happened in `[0, length)`, `[length, 2 length)` and
    /// so on. Windows count from the epoch, and each is put out once, when the watermark passes its
    /// end; see [`event_time`](Self::event_time).
    ///
    /// Two streams come out, and both have to be named: the windows, and the records that came too
    /// late for theirs. Late records go somewhere on purpose: to an output, into an
    /// [`Accumulator`](crate::Accumulator), or nowhere with `let (sums, _) = …`. To them belong also
    /// records whose time is more than a minute after that of their batch, which is more than clocks
    /// differ.
    ///
    /// With an *allowed lateness*, `.tumbling(10s, |a, b| a + b, 1min)`, a window is kept for so long
    /// after it was put out. Records that come meanwhile are put into it, and it comes out **again**,
    /// once for each batch that had such records: what follows must take the later one for the
    /// earlier.
    ///
    /// `f` must be associative and commutative: values are combined in the order in which they
    /// come. Those that cannot be late are combined before the shuffle already.
    ///
    /// Shape: wide; remembers, so the pipeline needs `#[checkpoint]`. Cost: a lookup for each record,
    /// and each window once when it ends; keys without either are not visited. Memory: a value for
    /// each key and window that has not ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{collect, run_output};
    /// stream!(
    ///     #[checkpoint]
    ///     fn sales(sales: Stream<(&str, u64, u64)>, sums: Sink<(&str, u64)>, late: Sink<u64>) {
    ///         let timed = sales.event_time(|sale| BatchTime::from_millis(sale.1), 200ms);
    ///         let by_shop = timed.map(|sale| (sale.0, sale.map(|(_, _, amount)| amount)));
    ///         let (windows, too_late) = by_shop.tumbling(1s, |a, b| a + b);
    ///         windows.map(|(shop, sum)| (shop, sum.value)).to(sums);
    ///         too_late.map(|(_, sale)| sale.record).to(late);
    ///     }
    /// );
    ///
    /// let ((sums, sum_rows), (late, late_rows)) = (collect(), collect());
    /// let batches = [
    ///     vec![("x", 100, 5), ("x", 900, 6)],
    ///     vec![("x", 950, 7), ("x", 1_300, 8)], // the watermark is at 1,100 ms
    ///     vec![("x", 990, 9)],
    /// ];
    /// run_output(|rows| sales(rows, sums, late), batches);
    /// assert_eq!(sum_rows.rows(), [vec![], vec![("x".to_owned(), 18)], vec![]]);
    /// assert_eq!(late_rows.rows(), [vec![], vec![], vec![9]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "does not know when its records happened": put `.event_time(…)` before it. "needs keyed
    /// records with a time": what comes in are pairs `(key, Timed<V>)`; where the value is changed
    /// write `.map_values(|value| value.map(|v| …))`.
    #[track_caller]
    pub fn tumbling<'b, K, V, F>(
        self,
        length: Duration,
        f: F,
        lateness: Duration,
    ) -> (
        Tumbling<F>,
        (Stream<(K, Windowed<V>)>, Stream<(K, Timed<V>)>),
    )
    where
        T: Pair<Key = K, Value = Timed<V>>,
        K: StateKey<'b> + Exchange<'b>,
        V: Kept,
        F: Fn(V, V) -> V + Sync,
    {
        let rule = Panes::new(length, length);
        (
            EventWindow::here("tumbling", rule, f, lateness),
            (Stream::new(), Stream::new()),
        )
    }
}

/// The kernel of [`Stream::tumbling`].
pub(super) type Tumbling<F> = EventWindow<Panes, F>;

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, collect, sorted};

    /// Key, time in milliseconds, value.
    type Event = (&'static str, u64, u64);
    /// Key, end of the window in milliseconds, sum.
    type Row = (String, u64, u64);

    stream!(
        #[checkpoint]
        fn sums(
            events: Stream<(&str, u64, u64)>,
            out: Sink<(&str, u64, u64)>,
            late: Sink<(&str, u64, u64)>,
        ) {
            let timed = events.event_time(|event| BatchTime::from_millis(event.1), 500ms);
            let keyed = timed.map(|event| (event.0, event.map(|event| event.2)));
            let (sums, too_late) = keyed.tumbling(1s, |a, b| a + b);
            sums.map(|(key, sum)| (key, sum.end.as_millis(), sum.value))
                .to(out);
            too_late
                .map(|(key, value)| (key, value.time.as_millis(), value.record))
                .to(late);
        }

        #[checkpoint]
        fn corrected(events: Stream<(&str, u64, u64)>, out: Sink<(&str, u64, u64)>) {
            let timed = events.event_time(|event| BatchTime::from_millis(event.1), 500ms);
            let keyed = timed.map(|event| (event.0, event.map(|event| event.2)));
            let (sums, _) = keyed.tumbling(1s, |a, b| a + b, 2s);
            sums.map(|(key, sum)| (key, sum.end.as_millis(), sum.value))
                .to(out);
        }
    );

    fn rows(rows: &[Event]) -> Vec<Row> {
        let rows = rows.iter();
        rows.map(|(key, end, sum)| ((*key).to_owned(), *end, *sum))
            .collect()
    }

    #[test]
    fn windows_end_when_the_watermark_passes_and_late_records_are_apart() {
        let batches = [
            vec![("a", 100, 1), ("b", 900, 2)],
            vec![("a", 1_499, 4), ("a", 800, 8)], // the watermark is at 999 ms
            vec![("c", 50, 16), ("a", 1_500, 32)],
            vec![("a", 999, 64), ("a", 1_000, 128)],
            vec![],
            vec![("b", 99_000, 1)], // ahead of its batch by more than a minute
        ];
        for partitions in [1, 2, 7] {
            let ((out, sums_of), (late, late_of)) = (collect(), collect());
            let job = sums(queue(batches.clone()), out, late);
            TestRun::new().partitions(partitions).job(job, 6).unwrap();
            let ended = [
                vec![],
                vec![],
                rows(&[("a", 1_000, 9), ("b", 1_000, 2), ("c", 1_000, 16)]),
                vec![],
                vec![],
                rows(&[("a", 2_000, 164)]),
            ];
            assert_eq!(sorted(sums_of.rows()), ended, "{partitions} partitions");
            let late = [
                &[][..],
                &[],
                &[],
                &[("a", 999, 64)],
                &[],
                &[("b", 99_000, 1)],
            ];
            assert_eq!(late_of.rows(), late.map(rows));
        }
    }

    #[test]
    fn times_may_go_back_and_forth_between_windows_of_a_batch() {
        let batches = [
            vec![("a", 100, 1), ("a", 1_100, 2), ("a", 200, 4), ("b", 300, 8)],
            vec![("a", 1_200, 16), ("b", 600, 32), ("a", 1_300, 64)],
            vec![("a", 2_500, 0)], // the watermark is at 2 s
        ];
        for partitions in [1, 2, 7] {
            let ((out, sums_of), (late, late_of)) = (collect(), collect());
            let job = sums(queue(batches.clone()), out, late);
            TestRun::new().partitions(partitions).job(job, 3).unwrap();
            let ended = rows(&[("a", 1_000, 5), ("a", 2_000, 82), ("b", 1_000, 40)]);
            assert_eq!(
                sorted(sums_of.rows()),
                [vec![], vec![], ended],
                "{partitions} partitions"
            );
            assert_eq!(late_of.rows(), [vec![], vec![], vec![]]);
        }
    }

    #[test]
    fn a_window_that_is_changed_within_the_allowed_lateness_comes_out_again() {
        let batches = [
            vec![("a", 100, 1), ("a", 1_000, 2)],
            vec![("a", 1_500, 4)],
            vec![("a", 200, 8), ("a", 300, 16)],
            vec![("a", 3_600, 32)], // the watermark is at 3,000 ms after it
            vec![("a", 400, 64), ("a", 1_999, 128)],
        ];
        let ended = [
            vec![],
            rows(&[("a", 1_000, 1)]),
            rows(&[("a", 1_000, 25)]),
            rows(&[("a", 2_000, 6)]),
            rows(&[("a", 2_000, 134)]),
        ];
        assert_eq!(TestRun::new().run(corrected, batches), ended);
    }
}
