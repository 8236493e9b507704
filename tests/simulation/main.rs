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

mod expected;
mod hasty;
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
const CRASHED: u64 = if cfg!(debug_assertions) { 4 } else { 34 };

fn histories() -> u64 {
    let set = std::env::var("SIMULATION_HISTORIES");
    set.ok()
        .and_then(|set| set.parse().ok())
        .unwrap_or(HISTORIES)
}

#[test]
fn no_history_shows_its_crashes() {
    let (count, started) = (histories(), Instant::now());
    let crashes: u64 = on_all_cores(|core, cores| (core..count).step_by(cores).map(live).sum());
    let minutes = started.elapsed().as_secs_f64() / 60.0;
    println!(
        "{count} histories with {crashes} crashes, {:.0} histories a minute",
        count as f64 / minutes
    );
    assert!(crashes > count / 2, "most histories have a crash or two");
}

/// Gives each core its share of the work, and adds up what it says.
fn on_all_cores(work: impl Fn(u64, usize) -> u64 + Sync) -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..cores as u64)
            .map(|core| scope.spawn(move || work(core, cores)))
            .collect();
        let done = running.into_iter().map(|running| running.join());
        done.map(|done| done.expect("no history fails")).sum()
    })
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
    let (batches, operations) = history::without_crash(CRASHED);
    let tried = on_all_cores(|core, cores| {
        let share = (core..operations).step_by(cores);
        share
            .map(|operation| history::every_crash(CRASHED, operation))
            .sum()
    });
    println!("{tried} crashes of a run of {batches} batches and {operations} operations");
    assert!(tried > 2 * operations);
}

#[test]
fn a_sync_that_is_left_out_and_a_rename_that_comes_first_are_found() {
    for bug in [
        Bug::FileIsNotSynced,
        Bug::DirectoryIsNotSynced,
        Bug::RenameComesFirst,
    ] {
        let found = (0..2_000).find(|seed| History::of(*seed).with(bug).live().is_err());
        println!("{bug:?} is found with seed {found:?}");
        assert!(found.is_some(), "{bug:?}");
    }
}
