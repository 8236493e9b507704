//! What a checkpoint costs: running counts of a million keys, of which each batch touches one in a
//! hundred, with a commit at every batch and without; and how soon a job goes on after a crash.
//!
//! `cargo run --profile measure -p stream-benches --bin checkpoint [RECORDS [THREADS [EVERY]]]`, where
//! RECORDS is how many there are in a batch (4,000,000, which take some tens of milliseconds), THREADS how
//! many work (1), and EVERY after how many seconds a batch is committed (each is). The directory is made
//! under `target`, on a real disk.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stream_benches::source::Shared;
use stream_runtime::prelude::*;
use stream_runtime::receiver::{Recovery, Source, SourceContext};
use stream_runtime::sink::collect;
use stream_runtime::storage::LocalDirectory;
use stream_runtime::{Rows, keep_freed_memory};

const KEYS: u64 = 1_000_000;
/// The keys that a batch touches.
const TOUCHED: u64 = KEYS / 100;
/// Records that are timed in a run, after the batch that makes the state.
const RECORDS: u64 = 20_000_000;
/// Batches that are not timed: the one that makes the state, and those during which all of it is written
/// for the first time.
const FIRST: u64 = 10;
/// The blocks of a batch.
const BLOCKS: usize = 16;
/// How often each way is run; the median counts.
const TURNS: usize = 9;

stream!(
    #[checkpoint]
    fn running_counts(keys: Stream<u64>, out: Sink<u64>) {
        keys.map(|key| (key, 1u64))
            .map_with_state(|_time, key, one, count| {
                let count = count.get_or_insert(0);
                *count += one.unwrap_or(0);
                (*count % 1_000_000 == 0).then_some(key)
            })
            .to(out);
    }
);

type Blocks = Vec<Arc<Rows<u64>>>;

/// All keys in the first batch, and then the given ones, over and over.
struct Keys {
    all: Blocks,
    some: Arc<Vec<Blocks>>,
    next: u64,
    end: u64,
}

impl Keys {
    fn new(records: u64, end: u64) -> Self {
        let some = (0..7).map(|batch| {
            let key = |at: u64| (at % TOUCHED * 100 + batch * 13).wrapping_mul(7_919) % KEYS;
            blocks_of(&(0..records).map(key).collect::<Vec<_>>())
        });
        Self {
            all: blocks_of(&(0..KEYS).collect::<Vec<_>>()),
            some: Arc::new(some.collect()),
            next: 0,
            end,
        }
    }

    fn batch_of(&self, number: u64) -> Vec<Shared<Rows<u64>>> {
        let blocks = match number {
            0 => &self.all,
            _ => &self.some[number as usize % self.some.len()],
        };
        blocks.iter().map(Shared::new).collect()
    }
}

fn blocks_of(keys: &[u64]) -> Blocks {
    let blocks = keys.chunks(keys.len().div_ceil(BLOCKS));
    blocks.map(|keys| Arc::new(Rows(keys.to_vec()))).collect()
}

impl Source for Keys {
    type Block = Shared<Rows<u64>>;

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        self.next.to_le_bytes().to_vec()
    }

    fn resume(&mut self, _: &SourceContext, position: &[u8]) -> stream_runtime::Result<()> {
        self.next = u64::from_le_bytes(position.try_into().expect("eight bytes"));
        Ok(())
    }

    fn replay(&mut self, time: BatchTime, _: &[u8]) -> stream_runtime::Result<Vec<Self::Block>> {
        self.batch(time)
    }

    fn batch(&mut self, _: BatchTime) -> stream_runtime::Result<Vec<Self::Block>> {
        self.next += 1;
        Ok(self.batch_of(self.next - 1))
    }

    fn is_finished(&self) -> bool {
        self.next >= self.end
    }

    fn is_at_rest(&self) -> bool {
        true
    }
}

/// How many batches are timed.
fn batches(records: u64) -> u64 {
    (RECORDS / records).clamp(20, 200)
}

/// The processing times of the batches after the first ones.
fn run(
    records: u64,
    threads: usize,
    directory: Option<(&Path, Duration)>,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let job = running_counts(Keys::new(records, batches(records) + FIRST), collect().0);
    let times = Arc::new(Mutex::new(Vec::new()));
    let (seen, mut last) = (Arc::clone(&times), Instant::now());
    let job = job.threads(threads);
    let job = job.on_batch(move |_| {
        seen.lock().expect("nobody panics").push(last.elapsed());
        last = Instant::now();
    });
    let job = match directory {
        Some((directory, every)) => job
            .checkpoint(LocalDirectory::create(directory)?)
            .checkpoint_every(every),
        None => job,
    };
    job.run()?;
    let times = times.lock().expect("nobody panics");
    Ok(times[FIRST as usize..].to_vec())
}

fn median<T: Copy + PartialOrd>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("times are ordered"));
    values[values.len() / 2]
}

/// The longest of the batches, to their median.
fn longest(times: &[Duration]) -> f64 {
    let longest = times.iter().max().map_or(0.0, Duration::as_secs_f64);
    longest / median(times.to_vec()).as_secs_f64()
}

/// A directory for the checkpoint, without anything in it.
fn fresh(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let directory = PathBuf::from("target/checkpoint-bench").join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    Ok(directory)
}

fn main() -> Result<(), Box<dyn Error>> {
    keep_freed_memory();
    let mut arguments = std::env::args().skip(1);
    let records = arguments.next().map_or(Ok(4_000_000), |it| it.parse())?;
    let threads = arguments.next().map_or(Ok(1), |it| it.parse())?;
    let every = arguments.next().map_or(Ok(0), |it| it.parse())?;
    // The shortest that there is: at each batch.
    let every = Duration::from_secs(every).max(Duration::from_micros(1));
    println!(
        "{KEYS} keys, {TOUCHED} of them touched by each batch of {records} records, {threads} threads"
    );
    let (mut ratios, mut medians) = (Vec::new(), Vec::new());
    let (mut spikes, mut spikes_without) = (Vec::new(), Vec::new());
    let mut directory = PathBuf::new();
    for turn in 0..TURNS {
        directory = fresh(&turn.to_string())?;
        let without = run(records, threads, None)?;
        let with = run(records, threads, Some((&directory, every)))?;
        let total = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64();
        ratios.push(total(&without) / total(&with));
        medians.push(median(with.clone()).as_secs_f64());
        spikes.push(longest(&with));
        spikes_without.push(longest(&without));
    }
    println!(
        "throughput with a checkpoint, to that without   {:.3} (goal 0.95)",
        median(ratios)
    );
    println!(
        "batch with a checkpoint, median                 {:.2} ms",
        median(medians) * 1e3
    );
    println!(
        "longest batch, to the median                    {:.2} (goal 3)",
        median(spikes)
    );
    let bytes: u64 = fs::read_dir(&directory)?
        .map(|entry| {
            entry
                .and_then(|entry| entry.metadata())
                .map_or(0, |it| it.len())
        })
        .sum();
    println!(
        "longest batch without a checkpoint              {:.2}",
        median(spikes_without)
    );
    println!(
        "size of the checkpoint                          {:.1} MB",
        bytes as f64 / 1e6
    );
    let mut recoveries = Vec::new();
    for turn in 0..TURNS as u64 {
        recoveries.push(recover(records, threads, &directory, turn)?);
    }
    println!(
        "recovery to the first output, median            {:.0} ms (goal 300)",
        median(recoveries) * 1e3
    );
    Ok(fs::remove_dir_all("target/checkpoint-bench")?)
}

/// From the start of a job to the end of its first batch, in seconds.
fn recover(
    records: u64,
    threads: usize,
    directory: &Path,
    turn: u64,
) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    let end = batches(records) + FIRST + 1 + turn;
    let job = running_counts(Keys::new(records, end), collect().0);
    let prepared = begun.elapsed();
    let first = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&first);
    let job = job.threads(threads);
    let job = job.on_batch(move |_| {
        seen.lock()
            .expect("nobody panics")
            .get_or_insert(begun.elapsed());
    });
    job.checkpoint(LocalDirectory::create(directory)?).run()?;
    let first = first
        .lock()
        .expect("nobody panics")
        .expect("a batch was run");
    Ok((first - prepared).as_secs_f64())
}
