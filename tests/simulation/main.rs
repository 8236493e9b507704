//! Whole lives of a job, with crashes that chance places, and none of them shows in the outputs.
//!
//! A *history* is a job that runs until its input is at its end, on a storage, a clock and inputs
//! that depend on a seed alone. The power goes off at some operation of the storage or in the middle
//! of an output; what the disk has then is what a real one could have; and the job is started again.
//! At the end the outputs of every batch must follow from the records that were given, each of which
//! counts once, and a batch that was put out twice must have been the same each time.
//!
//! `SIMULATION_HISTORIES` sets how many are run. A seed that fails is named:
//! `SIMULATION_SEED=… cargo test --test simulation one_history` runs it alone.

mod history;
mod world;

use std::time::Instant;

use history::{Bug, History};

/// How many histories are run, and how many numbers the run works on that crashes everywhere:
/// optimized, as the continuous integration runs them, and otherwise.
const HISTORIES: u64 = if cfg!(debug_assertions) {
    1_000
} else {
    100_000
};
const CRASHED: u64 = if cfg!(debug_assertions) { 8 } else { 60 };

fn histories() -> u64 {
    let set = std::env::var("SIMULATION_HISTORIES");
    set.ok()
        .and_then(|set| set.parse().ok())
        .unwrap_or(HISTORIES)
}

#[test]
fn no_history_shows_its_crashes() {
    let (count, started) = (histories(), Instant::now());
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let crashes: u64 = std::thread::scope(|scope| {
        let share = |thread| move || (thread..count).step_by(threads as usize).map(live).sum();
        let running: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(share(thread)))
            .collect();
        let crashes = running.into_iter().map(|running| running.join());
        crashes
            .map(|crashes: std::thread::Result<u64>| crashes.expect("no history fails"))
            .sum()
    });
    let minutes = started.elapsed().as_secs_f64() / 60.0;
    println!(
        "{count} histories with {crashes} crashes, {:.0} histories a minute",
        count as f64 / minutes
    );
    assert!(crashes > count, "most histories have a crash or two");
}

/// Runs a history; how many crashes it had.
fn live(seed: u64) -> u64 {
    History::of(seed)
        .live()
        .unwrap_or_else(|fault| panic!("seed {seed}: {fault}"))
}

#[test]
fn one_history() {
    let seed = std::env::var("SIMULATION_SEED");
    live(seed.ok().and_then(|seed| seed.parse().ok()).unwrap_or(0));
}

#[test]
fn a_crash_at_every_operation_and_at_every_byte_of_a_torn_write_does_not_show() {
    let (batches, tried) = history::every_crash(CRASHED);
    println!("{tried} crashes of a run of {batches} batches");
    assert!(tried > 100 * batches as u64);
}

#[test]
fn a_sync_that_is_left_out_is_found() {
    for bug in [Bug::FileIsNotSynced, Bug::DirectoryIsNotSynced] {
        let found = (0..2_000).find(|seed| History::of(*seed).with(bug).live().is_err());
        println!("{bug:?} is found with seed {found:?}");
        assert!(found.is_some(), "{bug:?}");
    }
}
