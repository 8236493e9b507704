//! A workload and the ways to compute it: who does it, on how many threads, and how long each batch took.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stream_runtime::{Accumulator, BatchInfo, Job, Listener, Sum};

/// How long each batch took.
pub type Times = Vec<Duration>;

/// Who computes a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Who {
    /// The pipeline of this project.
    Stream,
    /// The loop an expert writes: borrowed keys, `hashbrown` with `foldhash`, and on two threads `rayon`
    /// with a map for each thread and a merge by parts.
    Hand,
    /// The best that is known for this workload, with everything that hardly anyone writes by hand.
    Tuned,
    /// What most people would write with the standard library.
    Std,
    /// timely dataflow.
    Timely,
    /// Differential dataflow.
    Differential,
    /// Renoir.
    Renoir,
    /// Hydro's DFIR.
    Dfir,
    /// polars, a query for each batch.
    Polars,
}

impl Who {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream!",
            Self::Hand => "hand",
            Self::Tuned => "tuned",
            Self::Std => "std",
            Self::Timely => "timely",
            Self::Differential => "differential",
            Self::Renoir => "renoir",
            Self::Dfir => "dfir",
            Self::Polars => "polars",
        }
    }
}

/// As short as can be: a job is always behind, so no time goes by between its batches.
pub const INTERVAL: Duration = Duration::from_micros(1);

/// Runs so many batches; gives the sum of their answers, and the time of each.
pub type RunBatches = fn(batches: u64) -> (u64, Times);

/// One way to compute a workload.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Who does it.
    pub who: Who,
    /// What is special about it, if the same contender has several ways.
    pub variant: Option<&'static str>,
    /// On how many threads.
    pub threads: usize,
    /// Does it.
    pub run: RunBatches,
}

/// A way.
pub fn way(who: Who, threads: usize, run: RunBatches) -> Way {
    Way {
        who,
        variant: None,
        threads,
        run,
    }
}

impl Way {
    /// The same way, told apart from another one of the same contender.
    pub fn variant(self, name: &'static str) -> Self {
        Self {
            variant: Some(name),
            ..self
        }
    }
}

/// `stream! 2`, or `timely pre-aggregated 2`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.who.name())?;
        if let Some(variant) = self.variant {
            write!(f, "{variant} ")?;
        }
        write!(f, "{}", self.threads)
    }
}

/// A workload: a question to a batch, and ways to answer it.
#[derive(Debug)]
pub struct Workload {
    /// Its name in reports.
    pub name: &'static str,
    /// What is asked, in a line.
    pub question: &'static str,
    /// How many records a batch has.
    pub records: u64,
    /// As many batches as a run may have, since there are no more that differ.
    pub batches: u64,
    /// The ways. Any two give the same answer for the same number of batches.
    pub ways: Vec<Way>,
}

impl Workload {
    /// Runs each way once, over two batches.
    ///
    /// # Panics
    ///
    /// If two ways give different answers.
    pub fn assert_ways_agree(&self) {
        let answers = self.ways.iter().map(|way| (way.run)(2).0);
        let answers: Vec<u64> = answers.collect();
        let agree = answers.windows(2).all(|pair| pair[0] == pair[1]);
        let names: Vec<String> = self.ways.iter().map(Way::to_string).collect();
        assert!(agree, "{}: {names:?} gave {answers:x?}", self.name);
    }

    /// The way of this name.
    pub fn way(&self, name: &str) -> Option<&Way> {
        self.ways.iter().find(|way| way.to_string() == name)
    }

    /// The way of this contender on so many threads; the first, if it has several.
    pub fn way_of(&self, who: Who, threads: usize) -> Option<&Way> {
        let mut ways = self.ways.iter();
        ways.find(|way| way.who == who && way.threads == threads)
    }
}

/// Calls `batch` as often as asked, adds up its answers, and measures each call.
pub fn timed(batches: u64, batch: impl FnMut() -> u64) -> (u64, Times) {
    timed_after(0, batches, batch)
}

/// The same after `first` calls that count for the answer, and are not measured.
pub fn timed_after(first: u64, batches: u64, mut batch: impl FnMut() -> u64) -> (u64, Times) {
    let mut answer = 0u64;
    let times = (0..first + batches).map(|_| {
        let started = Instant::now();
        answer = answer.wrapping_add(std::hint::black_box(&mut batch)());
        started.elapsed()
    });
    let times: Times = times.collect();
    (answer, times[first as usize..].to_vec())
}

/// Is told of everything, and does nothing.
struct Silent;

impl Listener for Silent {}

/// The most keys that a pipeline of this process had from one batch to the next.
static KEYS_KEPT: AtomicU64 = AtomicU64::new(0);

/// The most keys that a pipeline of this process had from one batch to the next: what its memory is to
/// be divided by.
pub fn keys_kept() -> u64 {
    KEYS_KEPT.load(Ordering::Relaxed)
}

/// Runs a job over all batches of its sources, one an [`INTERVAL`], and measures each.
///
/// # Panics
///
/// If the job fails.
pub fn run(job: Job, threads: usize) -> Times {
    run_every(INTERVAL, job, threads)
}

/// The same with another interval; with one more listener if the environment variable `LISTENER` is set.
///
/// # Panics
///
/// If the job fails.
pub fn run_every(interval: Duration, job: Job, threads: usize) -> Times {
    let times = Arc::new(Mutex::new(Times::new()));
    let seen = Arc::clone(&times);
    let job = job
        .threads(threads)
        .partitions(threads)
        .batch_interval(interval)
        .on_batch(move |batch: &BatchInfo| {
            let keys = batch.states.iter().map(|state| state.keys).sum();
            KEYS_KEPT.fetch_max(keys, Ordering::Relaxed);
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

/// Runs a job that adds its answers to the accumulator which it is given.
pub fn answers(threads: usize, job: impl FnOnce(Accumulator<Sum<u64>>) -> Job) -> (u64, Times) {
    let sum = Accumulator::named("answer");
    let times = run(job(sum.clone()), threads);
    (sum.value(), times)
}
