//! Windows over event time, beside a reference that keeps all records for ever.

use std::collections::BTreeMap;

use stream_runtime::prelude::*;

use crate::harness::{Any, Corpus};
use crate::inputs::pairs;

type Pairs = Vec<(String, u64)>;
/// Key, start and end of the window in milliseconds, sum; or key, time, zero, value of a late record.
type Rows = Vec<(String, u64, u64, u64)>;

/// When something happened: values are below 100, so it is in the first ten seconds.
fn time(pair: &(&str, u64)) -> BatchTime {
    BatchTime::from_millis(pair.1 * 100)
}

stream!(
    fn shown(
        windows: Stream<(&str, Windowed<u64>)>,
        late: Stream<(&str, Timed<u64>)>,
    ) -> Stream<(&str, u64, u64, u64)> {
        let rows = windows.map(|(key, it)| {
            let (start, end) = (it.start.as_millis(), it.end.as_millis());
            (key, start, end, it.value)
        });
        let late_rows = late.map(|(key, it)| (key, it.time.as_millis(), 0, it.record));
        rows.union(late_rows)
    }

    #[checkpoint]
    fn tumbling_sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64, u64, u64)>) {
        let timed = pairs.event_time(time, 300ms);
        let (sums, late) = timed
            .map(|pair| (pair.0, pair.map(|pair| pair.1)))
            .tumbling(1s, |a, b| a + b);
        shown(sums, late).to(out);
    }

    #[checkpoint]
    fn sliding_sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64, u64, u64)>) {
        let timed = pairs.event_time(time, 300ms);
        let (sums, late) = timed.map(|pair| (pair.0, pair.map(|pair| pair.1))).sliding(
            1500ms,
            1s,
            |a, b| a + b,
            1200ms,
        );
        shown(sums, late).to(out);
    }

    #[checkpoint]
    fn session_sums(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64, u64, u64)>) {
        let timed = pairs.event_time(time, 300ms);
        let (sums, late) =
            timed
                .map(|pair| (pair.0, pair.map(|pair| pair.1)))
                .session(400ms, |a, b| a + b, 900ms);
        shown(sums, late).to(out);
    }
);

const DISORDER: u64 = 300;

/// The watermarks before and after each batch. Batches are a second apart.
fn watermarks(batches: &[Pairs]) -> Vec<(u64, u64)> {
    let (mut latest, mut before) = (0, 0);
    let marks = (1..).zip(batches).map(|(number, batch)| {
        let times = batch.iter().map(|(_, value)| value * 100);
        let largest = times.max().unwrap_or(0);
        latest = latest.max(largest.min(number * 1_000));
        let now = latest.saturating_sub(DISORDER);
        (std::mem::replace(&mut before, now), now)
    });
    marks.collect()
}

fn late(key: &str, value: u64) -> (String, u64, u64, u64) {
    (key.to_owned(), value * 100, 0, value)
}

/// Windows of `length` that end at the multiples of `slide`, each looked at in each batch.
fn windows((length, slide, lateness): (u64, u64, u64)) -> impl Fn(&[Pairs]) -> Vec<Rows> {
    let ends_of = move |value: u64| {
        let ends = (1..).map(move |number| number * slide);
        let ends = ends.skip_while(move |end| *end <= value * 100);
        ends.take_while(move |end| *end <= value * 100 + length)
    };
    move |batches| {
        let mut sums: BTreeMap<(u64, String), u64> = BTreeMap::new();
        let batches = batches.iter().zip(watermarks(batches));
        let rows = batches.map(|(batch, (before, now))| {
            let (mut rows, mut changed) = (Rows::new(), Vec::new());
            for (key, value) in batch {
                if ends_of(*value).all(|end| end + lateness <= before) {
                    rows.push(late(key, *value));
                    continue;
                }
                for end in ends_of(*value) {
                    *sums.entry((end, key.clone())).or_default() += value;
                    changed.push((end, key.clone()));
                }
            }
            changed.sort();
            for (window, sum) in &sums {
                let end = window.0;
                let is_new = end > before && end <= now;
                let is_open = end <= before && end + lateness > before;
                if is_new || is_open && changed.binary_search(window).is_ok() {
                    let start = end.saturating_sub(length);
                    rows.push((window.1.clone(), start, end, *sum));
                }
            }
            rows
        });
        rows.collect()
    }
}

/// A session that is not forgotten: its first and its last time, its sum, and whether it is changed.
type Session = (u64, u64, u64, bool);

/// Adds a record to the sessions of a key; whether it belongs to any, or may be one of its own.
fn join(sessions: &mut Vec<Session>, value: u64, gap: u64, may_begin: bool) -> bool {
    let time = value * 100;
    let is_near = |it: &Session| time < it.1 + gap && it.0 < time + gap;
    let (near, rest): (Vec<_>, Vec<_>) = sessions.iter().copied().partition(is_near);
    if near.is_empty() && !may_begin {
        return false;
    }
    let joined = near.iter().fold((time, time, value, true), |all, it| {
        (all.0.min(it.0), all.1.max(it.1), all.2 + it.2, true)
    });
    *sessions = rest;
    sessions.push(joined);
    true
}

/// Records are tried again until none of those that are left belongs to a session.
fn sessions((gap, lateness): (u64, u64)) -> impl Fn(&[Pairs]) -> Vec<Rows> {
    move |batches| {
        let mut kept: BTreeMap<String, Vec<Session>> = BTreeMap::new();
        let batches = batches.iter().zip(watermarks(batches));
        let rows = batches.map(|(batch, (before, now))| {
            let mut left: Vec<_> = batch.iter().collect();
            loop {
                let waiting = left.len();
                left.retain(|(key, value)| {
                    let may_begin = value * 100 + gap + lateness > before;
                    let sessions = kept.entry(key.clone()).or_default();
                    !join(sessions, *value, gap, may_begin)
                });
                if left.len() == waiting {
                    break;
                }
            }
            let mut rows: Rows = left.iter().map(|(key, value)| late(key, *value)).collect();
            for (key, sessions) in &mut kept {
                for (start, last, sum, is_changed) in sessions.iter_mut() {
                    let end = *last + gap;
                    if end <= now && (end > before || *is_changed) {
                        rows.push((key.clone(), *start, end, *sum));
                    }
                    *is_changed = false;
                }
                sessions.retain(|it| it.1 + gap + lateness > now);
            }
            rows
        });
        rows.collect()
    }
}

pub(crate) fn add(corpus: &mut Corpus) {
    corpus.remembering(Any, pairs, tumbling_sums, windows((1_000, 1_000, 0)));
    corpus.remembering(Any, pairs, sliding_sums, windows((1_500, 1_000, 1_200)));
    corpus.remembering(Any, pairs, session_sums, sessions((400, 900)));
}
