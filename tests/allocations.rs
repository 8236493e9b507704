//! No stage allocates per record: twice the records with the same keys cost a few allocations more,
//! for vectors that grow, and not twice as many. Alone in its process, because it counts.

#![allow(
    unsafe_code,
    reason = "a global allocator cannot be written without it"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use stream_runtime::prelude::*;
use stream_runtime::receiver::Queue;
use stream_runtime::testing::TestRun;

/// The system's allocator, which counts what is asked of it, on all threads.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `pointer` is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`, and `pointer` is the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// A parsed line, which borrows.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Sale<'a> {
    shop: &'a str,
    amount: u64,
}

fn sale(line: &str) -> Option<Sale<'_>> {
    let (shop, amount) = line.split_once(',')?;
    Some(Sale {
        shop,
        amount: amount.parse().ok()?,
    })
}

// Each ends in a count or a fold, so that what is collected for a sink does not count.
stream!(
    fn word_count(lines: Stream<&str>) {
        let counts = lines
            .flat_map(|line| line.split([',', ' ']))
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.count().print();
    }

    fn filter_map_reduce(lines: Stream<&str>) {
        lines
            .filter(|line| !line.is_empty())
            .map(|line| line.len())
            .reduce(|a, b| a + b)
            .print();
    }

    fn sales(lines: Stream<&str>) {
        let sums = lines
            .filter_map(sale)
            .map(|sale| (sale.shop, sale))
            .reduce_by_key(|a, b| Sale {
                amount: a.amount + b.amount,
                ..a
            });
        sums.map(|(_, sale)| sale.amount)
            .fold(0, |a, b| a + b)
            .print();
    }

    fn joined(lines: Stream<&str>) {
        let keyed = lines.filter_map(|line| line.split_once(','));
        let known = keyed.map_values(|_| 1u64).reduce_by_key(|a, b| a + b);
        keyed.join(known).count().print();
    }

    fn grouped(lines: Stream<&str>) {
        let groups = lines.filter_map(|line| line.split_once(',')).group_by_key();
        groups.flat_map_values(|amounts| amounts).count().print();
    }

    fn sorted(lines: Stream<&str>) {
        lines.sort_by(|a, b| a.len().cmp(&b.len())).take(3).print();
    }

    fn greatest(lines: Stream<&str>) {
        lines.distinct().top_k(3).print();
    }

    fn apart(lines: Stream<&str>) {
        let (good, bad) = lines.try_map(|line| sale(line).ok_or(line));
        good.map(|sale| sale.amount).repartition(3).count().print();
        bad.count_by_value().count().print();
    }
);

const KEYS: usize = 500;

/// The batch of `records` lines: whatever their number, the keys are the same.
fn lines(records: usize) -> Vec<String> {
    let line = |key: usize| match key % 10 {
        0 => format!("shop{key}"),
        _ => format!("shop{key},{}", key * 7),
    };
    (0..KEYS).cycle().take(records).map(line).collect()
}

/// The allocations of a job over one batch.
fn allocations(pipeline: fn(Queue<String>) -> Job, records: usize) -> usize {
    let job = pipeline(queue([lines(records)])).console(std::io::sink());
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    TestRun::new().job(job, 1).unwrap();
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// How many allocations more a batch of twice the records may take: vectors grow once more, and a
/// partition is cut into more parts that fit the cache, each with a table of its own. Less than one
/// for two hundred records.
const GROWTH: usize = RECORDS / 200;
const RECORDS: usize = 20_000;

#[test]
fn no_stage_allocates_for_each_record() {
    let pipelines: [(&str, fn(Queue<String>) -> Job); 8] = [
        ("word_count", word_count),
        ("filter_map_reduce", filter_map_reduce),
        ("sales", sales),
        ("joined", joined),
        ("grouped", grouped),
        ("sorted", sorted),
        ("greatest", greatest),
        ("apart", apart),
    ];
    for (name, pipeline) in pipelines {
        allocations(pipeline, RECORDS); // what is made once in a process is made here
        let (once, twice) = (
            allocations(pipeline, RECORDS),
            allocations(pipeline, 2 * RECORDS),
        );
        println!("{name}: {once} allocations for {RECORDS} records, {twice} for twice as many");
        assert!(
            twice <= once + GROWTH,
            "`{name}` allocates {once} times for {RECORDS} records and {twice} times for twice as many"
        );
    }
}
