//! The queries of the Nexmark suite, which `examples/nexmark` has: each gives the answer of its naive
//! reference, however its events are cut into batches, on one thread and on two, and with a restart
//! half way.

#[path = "../examples/nexmark/queries/mod.rs"]
pub mod queries;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use queries::calendar::Minute;
use queries::event::{BASE_TIME, Bid, Event, at, bids, generate};
use queries::q10::Directories;
use queries::{Output, Query, Row};
use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::sink::collect;
use stream_runtime::storage::MemoryStorage;
use stream_runtime::testing::{TestRun, sorted};

/// Three minutes and twenty seconds of event time: twenty windows, and sessions that end.
static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| generate(50).take(10_000).collect());

/// After the last batch the clock goes on for so many empty ones, until windows over batches end.
const EMPTY: usize = 10;

/// The events, cut into so many batches.
fn cut(batches: usize) -> (Queue<Event>, u64) {
    let rows = EVENTS.chunks(EVENTS.len().div_ceil(batches));
    let rows = rows.map(<[Event]>::to_vec);
    (queue(rows).with_default([]), (batches + EMPTY) as u64)
}

/// A job that starts when the last event has happened.
fn run(partitions: usize, threads: usize) -> TestRun {
    let start = at(BASE_TIME + 200_000);
    TestRun::new()
        .start(start)
        .partitions(partitions)
        .threads(threads)
}

fn rows<R: Row>(run: &TestRun, batches: usize, job: fn(Queue<Event>, Output<R>) -> Job) -> Vec<R> {
    let (out, collected) = collect();
    let (events, batches) = cut(batches);
    run.job(job(events, Output::Kept(out)), batches).unwrap();
    collected.rows().concat()
}

/// Runs a query until so many batches are done, and then, as after a crash, until all are.
fn restarted<R: Row>(query: &Query<R>, after: u64) -> Vec<R> {
    let disk = MemoryStorage::new();
    let (events, batches) = cut(7);
    let ((out, first), (again, second)) = (collect(), collect());
    let job = (query.job)(events, Output::Kept(out)).checkpoint(disk.clone());
    run(2, 1).job(job, after).unwrap();
    let job = (query.job)(cut(7).0, Output::Kept(again)).checkpoint(disk);
    run(3, 1).job(job, batches - after).unwrap();
    [first.rows().concat(), second.rows().concat()].concat()
}

fn check<R: Row>(query: &Query<R>) {
    let expected = (query.reference)(&EVENTS);
    assert!(!expected.is_empty(), "{} asks for nothing", query.name);
    let compare = |rows, how| {
        let found = (query.answer)(rows);
        assert_eq!(found.len(), expected.len(), "{}, {how}", query.name);
        let differ = found.iter().zip(&expected).find(|(a, b)| a != b);
        assert_eq!(differ, None, "{}, {how}", query.name);
    };
    compare(rows(&run(1, 1), 1, query.job), "in one batch");
    compare(
        rows(&run(3, 2), 7, query.job),
        "in 7 batches, on two threads",
    );
    compare(rows(&run(3, 1), 100, query.job), "in 100 batches");
    compare(restarted(query, 4), "restarted after 4 of 7 batches");
}

/// A test for each query, so that they run side by side.
macro_rules! check {
    ($($query:ident)+) => {$(
        #[test]
        fn $query() {
            check(&queries::$query::QUERY);
        }
    )+};
}

check!(q00 q01 q02 q03 q04 q05 q06 q07 q08 q09 q10 q11 q12 q13 q14 q15 q16 q17 q18 q19 q20 q21 q22);

#[test]
fn q10_writes_each_bid_into_the_directory_of_its_minute() {
    let directory = tempfile::tempdir().unwrap();
    let (events, batches) = cut(7);
    let job = queries::q10::log(events, Directories(directory.path().to_owned()));
    run(2, 1).job(job, batches).unwrap();

    let mut lines: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for (minute, bid) in (queries::q10::QUERY.reference)(&EVENTS) {
        let line = format!(
            "{},{},{},{},{}",
            bid.auction, bid.bidder, bid.price, bid.date_time, bid.extra
        );
        lines.entry(minute).or_default().push(line);
    }
    assert_eq!(lines.len(), 4); // from 22:13:20 to 22:16:40
    for (minute, expected) in lines {
        let name = format!("dt=2023-11-14/hm={}", Minute(minute));
        assert_eq!(lines_in(&directory.path().join(name)), expected);
    }
}

/// The lines of all files of a directory, in the order of their batches.
fn lines_in(directory: &Path) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn q12_counts_by_the_clock_and_not_by_the_times_of_the_bids() {
    let bid = |bidder| {
        Event::Bid(Bid {
            bidder,
            ..bids(&EVENTS).next().unwrap().clone()
        })
    };
    let mut rows = vec![vec![bid(1), bid(2), bid(1)]];
    rows.resize(10, vec![]);
    rows.extend([vec![bid(1)], vec![bid(2)]]);
    rows.resize(20, vec![]);
    let windows = sorted(run(2, 1).run(queries::q12::windows_of_the_clock, rows));
    assert_eq!(windows, [[(1, 2), (2, 1)], [(1, 1), (2, 1)]]);
}
