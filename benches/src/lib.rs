//! Side by side: pipelines, and the loops an expert would write by hand.
//!
//! Each workload is one file: its data, its pipeline, its hand-written loops. All of them give a
//! checksum, the wrapping sum of [`item`]s, which must agree before anything is timed.

pub mod csv;
pub mod data;
pub mod grep;
pub mod join;
pub mod numeric;
pub mod running;
pub mod source;
pub mod windows;
pub mod word_count;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stream_runtime::{BatchInfo, Job, Listener};

/// Keys to counts, or whatever an expert keeps in a map.
pub type Map<K, V> = hashbrown::HashMap<K, V, foldhash::fast::FixedState>;

/// The finalizer of splitmix64: a bijection that spreads every bit.
pub fn mix64(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// A piece of an answer. The order of the pieces does not matter to their sum.
pub fn item(key: u64, value: u64) -> u64 {
    mix64(key ^ mix64(value))
}

/// The hash by which words enter a checksum.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// How long each batch took.
pub type Times = Vec<Duration>;

/// Is told of everything, and does nothing.
struct Silent;

impl Listener for Silent {}

/// Runs a job over all batches of its sources, and measures each; with one more listener if the
/// environment variable `LISTENER` is set.
///
/// # Panics
///
/// If the job fails.
pub fn run(job: Job, threads: usize) -> Times {
    let times = Arc::new(Mutex::new(Times::new()));
    let seen = Arc::clone(&times);
    let job = job
        .threads(threads)
        .partitions(threads)
        .batch_interval(Duration::from_millis(1))
        .on_batch(move |batch: &BatchInfo| {
            seen.lock()
                .expect("nobody panics")
                .push(batch.processing_time);
        });
    let job = match std::env::var_os("LISTENER") {
        Some(_) => job.listener(Silent),
        None => job,
    };
    job.run().unwrap_or_else(|error| panic!("{error}"));
    std::mem::take(&mut *times.lock().expect("nobody panics"))
}

/// A workload: a name, and ways to compute the same checksum.
#[derive(Debug)]
pub struct Workload {
    /// Its name in reports.
    pub name: &'static str,
    /// How many records a batch has.
    pub records: u64,
    /// The ways.
    pub ways: Vec<Way>,
}

impl Workload {
    /// Runs each way once.
    ///
    /// # Panics
    ///
    /// If two ways give different checksums.
    pub fn assert_ways_agree(&self) {
        let checksums = self.ways.iter().map(|way| (way.run)(1).0);
        let checksums: Vec<u64> = checksums.collect();
        let agree = checksums.windows(2).all(|pair| pair[0] == pair[1]);
        assert!(agree, "{}: {checksums:x?}", self.name);
    }
}

/// One way to compute a workload: `batches` times over the same batch.
#[derive(Debug)]
pub struct Way {
    /// `stream!`, `hand`, …, with the number of threads.
    pub name: String,
    /// Runs it; gives the sum of the batches' checksums, and the time of each batch.
    pub run: fn(batches: u64) -> (u64, Times),
}

/// A way.
pub fn way(name: &str, run: fn(u64) -> (u64, Times)) -> Way {
    Way {
        name: name.to_owned(),
        run,
    }
}

/// Calls `batch` as often as asked, adds up its checksums, and measures.
pub fn timed(batches: u64, batch: fn() -> u64) -> (u64, Times) {
    let mut checksum = 0u64;
    let times = (0..batches).map(|_| {
        let started = Instant::now();
        checksum = checksum.wrapping_add(std::hint::black_box(batch)());
        started.elapsed()
    });
    let times = times.collect();
    (checksum, times)
}

/// All workloads that have two ways or more, in pairs.
pub fn workloads() -> Vec<Workload> {
    vec![
        grep::workload(),
        word_count::workload(),
        numeric::workload(),
        csv::workload(),
        join::workload(),
        running::workload(),
        running::workload_of_ten_million(),
    ]
}
