//! More comes in than a job can take, for as long as one wants, and then less.
//!
//! `cargo run --profile measure -p stream-benches --bin soak [SECONDS] [CONTROL]`
//!
//! For so many seconds (600), a reliable source sends half as much again as the job can take, and then for
//! five seconds half of that; with a `bound` in flight alone, with a rate control (`pid`), and with an
//! `adaptive` batch interval, or one of them. Exits with 1 if more than 1.2 times the bound was in flight, or the memory
//! of the process grew by more than that, if a record was lost or doubled or not acknowledged, or if it took
//! more than ten intervals after the overload until batches were in time again.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::rate::Pid;
use stream_runtime::receiver::{Receiver, ReceiverError, Store};
use stream_runtime::{BatchInfo, Rows};

/// A record: its number, and something to carry.
type Record = [u64; 16];

stream!(
    /// Takes a fixed time for a batch, and some more for each record.
    fn busy(records: Stream<&Record>, cost: Cost, seen: Arc<Seen>) {
        let sums = records
            .map(|record| (1u64, record[0]))
            .reduce(|(n, sum), (m, number)| (n + m, sum.wrapping_add(number)));
        sums.for_each_batch(|sums, _| {
            let (count, sum) = sums.first().copied().unwrap_or_default();
            thread::sleep(cost.fixed + Duration::from_secs_f64(cost.each * count as f64));
            seen.records.fetch_add(count, Ordering::Relaxed);
            seen.sum.fetch_add(sum, Ordering::Relaxed);
        });
    }
);

const INTERVAL: Duration = Duration::from_millis(100);
/// A batch of `INTERVAL` with so many records takes as long as that.
const CAPACITY: usize = (16 << 20) / size_of::<Record>();
/// How long less comes in, after the overload.
const AFTER: Duration = Duration::from_secs(5);
/// So many intervals after the overload, batches are in time.
const SOON: f64 = 10.0;
/// By how much a bound may be exceeded.
const TOLERANCE: f64 = 1.2;

/// How long a batch takes, with seconds for each record.
#[derive(Clone, Copy)]
struct Cost {
    fixed: Duration,
    each: f64,
}

/// What came out.
#[derive(Default)]
struct Seen {
    records: AtomicU64,
    sum: AtomicU64,
}

/// The source, which numbers its records and waits when it may not send.
#[derive(Default)]
struct Source {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    /// The most records that were sent and in no batch that was done.
    in_flight: AtomicU64,
    begun: OnceLock<BatchTime>,
}

struct Reader {
    source: Arc<Source>,
    seen: Arc<Seen>,
    overload: Duration,
}

impl Receiver for Reader {
    type Block = Rows<Record>;
    type Position = u64;

    /// What cannot be stored in its millisecond is not made up for.
    fn run(&mut self, store: &Store<Self::Block, u64>) -> Result<(), ReceiverError> {
        let begun = *self.source.begun.get_or_init(|| store.now());
        let per_ms = CAPACITY as f64 / INTERVAL.as_millis() as f64;
        let mut number = 0;
        while !store.is_stopped() {
            let share = match store.now().since(begun) {
                passed if passed < self.overload => 1.5,
                passed if passed < self.overload + AFTER => 0.5,
                _ => break,
            };
            let next = store.now() + Duration::from_millis(1);
            let records = number..number + (share * per_ms) as u64;
            number = records.end;
            let block = records.map(|number| [number; 16]).collect();
            store.push_block_at(Rows(block), number)?;
            self.source.sent.store(number, Ordering::Relaxed);
            let in_flight = number - self.seen.records.load(Ordering::Relaxed);
            let most = &self.source.in_flight;
            most.fetch_max(in_flight, Ordering::Relaxed);
            for position in store.committed() {
                self.committed(position)?;
            }
            store.wait_until(next);
        }
        Ok(())
    }

    fn committed(&mut self, position: u64) -> Result<(), ReceiverError> {
        self.source.acknowledged.store(position, Ordering::Relaxed);
        Ok(())
    }
}

/// A control of rates under test.
struct Control {
    name: &'static str,
    /// In intervals of what the job can take.
    bound: usize,
    /// The part of `INTERVAL` that a batch without records takes.
    fixed: f64,
    set: fn(Job) -> Job,
}

const CONTROLS: [Control; 3] = [
    Control {
        name: "bound",
        bound: 3,
        fixed: 0.3,
        set: |job| job,
    },
    Control {
        name: "pid",
        bound: 6,
        fixed: 0.3,
        set: |job| job.rate_control(Pid::default()),
    },
    Control {
        name: "adaptive",
        bound: 12,
        fixed: 0.7,
        set: |job| job.adaptive_interval(INTERVAL * 10),
    },
];

/// What was measured.
#[derive(Default)]
struct Measured {
    memory: usize,
    batches: Vec<Took>,
}

/// A batch.
struct Took {
    time: BatchTime,
    interval: Duration,
    total_delay: Duration,
}

/// Whether a control holds what it should, in a process that had so much memory at first.
fn soak(control: &Control, overload: Duration, memory: usize) -> bool {
    let source = Arc::new(Source::default());
    let (seen, measured) = (Arc::new(Seen::default()), Arc::default());
    let reader = Reader {
        source: Arc::clone(&source),
        seen: Arc::clone(&seen),
        overload,
    };
    let bound = control.bound * CAPACITY * size_of::<Record>();
    let fixed = INTERVAL.mul_f64(control.fixed);
    let each = (INTERVAL - fixed).as_secs_f64() / CAPACITY as f64;
    let records = receive(reader).max_in_flight(bound);
    let job = busy(records, Cost { fixed, each }, Arc::clone(&seen)).batch_interval(INTERVAL);
    let job = watch(job, Arc::clone(&measured));
    (control.set)(job).run().expect("the job runs");

    let measured = measured.lock().expect("nobody panics");
    let grown = measured.memory.saturating_sub(memory);
    let begun = *source.begun.get().expect("it has begun");
    let late = intervals_late(&measured.batches, begun + overload);
    let sent = source.sent.load(Ordering::Relaxed);
    let whole = is_whole(sent, &seen) && source.acknowledged.load(Ordering::Relaxed) == sent;
    let in_flight = source.in_flight.load(Ordering::Relaxed) as usize * size_of::<Record>();
    let of_bound = |bytes: usize| bytes as f64 / bound as f64;
    let holds = whole && of_bound(in_flight.max(grown)) <= TOLERANCE && late <= SOON;
    println!(
        "{:<9} {:>9} M records  in flight {:.2}, memory {:.2} of {} MiB  in time after {late:>4.1} intervals  {}  {}",
        control.name,
        sent / 1_000_000,
        of_bound(in_flight),
        of_bound(grown),
        bound >> 20,
        if whole { "none lost" } else { "RECORDS LOST" },
        if holds { "holds" } else { "MISSED" },
    );
    holds
}

/// Measures after each batch.
fn watch(job: Job, measured: Arc<Mutex<Measured>>) -> Job {
    job.on_batch(move |batch: &BatchInfo| {
        let mut measured = measured.lock().expect("nobody panics");
        measured.memory = measured.memory.max(resident_memory());
        measured.batches.push(Took {
            time: batch.time,
            interval: batch.interval,
            total_delay: batch.total_delay(),
        });
    })
}

/// After how many intervals the job was in time again, from this time on: two batches, one after the other.
fn intervals_late(batches: &[Took], from: BatchTime) -> f64 {
    let begin = batches.partition_point(|took| took.time < from);
    let mut pairs = batches[begin..].windows(2);
    let in_time = |took: &Took| took.total_delay <= took.interval.mul_f64(1.25);
    let found = pairs.find(|pair| pair.iter().all(in_time));
    found.map_or(f64::INFINITY, |pair| {
        pair[0].time.since(from).div_duration_f64(INTERVAL)
    })
}

/// Whether each record came once: their number and the sum of their numbers are right.
fn is_whole(sent: u64, seen: &Seen) -> bool {
    let sum = u128::from(sent) * u128::from(sent.saturating_sub(1)) / 2;
    let seen_sum = seen.sum.load(Ordering::Relaxed);
    seen.records.load(Ordering::Relaxed) == sent && sum as u64 == seen_sum
}

/// In bytes; zero where the system does not tell.
fn resident_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<usize>().ok()).unwrap_or(0) << 10
}

fn main() -> ExitCode {
    let seconds = std::env::args()
        .nth(1)
        .map_or(600, |seconds| seconds.parse().expect("a number of seconds"));
    let overload = Duration::from_secs(seconds);
    println!("{seconds} s of 1.5 times what the job can take, each");
    let memory = resident_memory();
    let only = std::env::args().nth(2);
    let wanted = |control: &&Control| only.as_deref().is_none_or(|only| only == control.name);
    let missed = CONTROLS.iter().filter(wanted);
    let missed = missed.filter(|control| !soak(control, overload, memory));
    ExitCode::from(u8::from(missed.count() > 0))
}
