//! Inputs with a log, under crashes at any place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::block::{BlockSize, Text};
use crate::clock::ManualClock;
use crate::error::Result;
use crate::receiver::harness::{
    context, eventually, last_batch, next_batch, records, script, status,
};
use crate::receiver::{
    Channel, Received, Receiver, ReceiverError, ReceiverPhase, Recovery, Sender, Source,
    SourceContext, Store, channel, receive,
};
use crate::storage::{Crash, MemoryStorage, Operation, Storage, Verdict};
use crate::time::BatchTime;

fn with_storage(clock: &ManualClock, storage: &MemoryStorage) -> SourceContext {
    let mut context = context(clock);
    context.storage = Some(Arc::new(storage.clone()));
    context
}

/// The plans of a job and its commits: they are durable at once here.
#[derive(Default)]
struct Journal {
    committed: Option<(BatchTime, Vec<u8>)>,
    planned: Vec<(BatchTime, Vec<u8>)>,
    /// The records of each batch that was planned.
    batches: Vec<Vec<u64>>,
}

impl Journal {
    fn open(&self, context: &SourceContext) -> Result<(Sender<u64>, Channel<u64>)> {
        let (sender, source) = channel(1_000);
        let mut source = source.logged();
        match &self.committed {
            None => source.start(context)?,
            Some((_, position)) => source.resume(context, position)?,
        }
        Ok((sender, source))
    }

    /// Gives the batches again that were planned and not committed, which must be the same.
    fn replay(&mut self, source: &mut Channel<u64>) -> Result<()> {
        let first = self.batches.len() - self.planned.len();
        for (batch, (time, end)) in self.batches[first..].iter().zip(&self.planned) {
            assert_eq!(&records(source.replay(*time, end)?), batch);
            assert_eq!(&source.position(), end);
        }
        Ok(())
    }

    fn batch(&mut self, source: &mut Channel<u64>, clock: &ManualClock) -> Result<()> {
        clock.advance(Duration::from_secs(1));
        let time = last_batch(clock);
        let records = records(source.batch(time)?);
        self.planned.push((time, source.position()));
        self.batches.push(records);
        Ok(())
    }

    fn commit(&mut self, source: &mut Channel<u64>) {
        let committed = self.planned.remove(0);
        source.committed(committed.0);
        self.committed = Some(committed);
    }

    /// Numbers that follow each other, some flushed, in batches of which one is behind with its
    /// commit. `flushed` is how many are safe.
    fn run(
        &mut self,
        storage: &MemoryStorage,
        clock: &ManualClock,
        flushed: &mut u64,
    ) -> Result<()> {
        let (sender, mut source) = self.open(&with_storage(clock, storage))?;
        self.replay(&mut source)?;
        self.batch(&mut source, clock)?;
        let mut next = self.batches.iter().map(|batch| batch.len() as u64).sum();
        *flushed = next;
        for step in 0..9_u64 {
            for _ in 0..step % 3 {
                let _ = sender.send(next);
                next += 1;
            }
            if step % 2 == 0 && sender.flush().is_ok() {
                *flushed = next;
            }
            if step % 4 == 3 {
                self.batch(&mut source, clock)?;
                *flushed = next;
            }
            if self.planned.len() > 1 {
                self.commit(&mut source);
            }
        }
        self.batch(&mut source, clock)
    }

    /// Whether all numbers are in the batches once, and in order, and none is missing that was safe.
    fn is_exact(&self, flushed: u64) -> bool {
        let numbers = self.batches.concat();
        let len = numbers.len() as u64;
        numbers.into_iter().eq(0..len) && len >= flushed
    }
}

/// A run with a loss of power in one operation, another one in the run after it, and a third run.
/// Whether its batches are as they should be.
fn is_exact_after(operation: u64, crash: Crash, lies: bool) -> bool {
    let mut storage = MemoryStorage::new();
    let (clock, mut journal, mut flushed) = (ManualClock::new(), Journal::default(), 0);
    for operation in [operation, operation / 2] {
        storage.intercept(move |at, done| match done {
            _ if at == operation => Verdict::PowerOff,
            Operation::Sync(_) if lies => Verdict::Pretend,
            _ => Verdict::Proceed,
        });
        let _ = journal.run(&storage, &clock, &mut flushed);
        storage = storage.after(crash);
    }
    let last = journal.run(&storage, &clock, &mut flushed);
    last.is_ok() && journal.is_exact(flushed)
}

#[test]
fn a_crash_at_any_operation_loses_nothing_that_was_safe_and_repeats_nothing() {
    let whole = MemoryStorage::new();
    let run = Journal::default().run(&whole, &ManualClock::new(), &mut 0);
    run.unwrap();
    let operations = whole.operations();
    assert!(operations > 10);
    let crashes = [Crash::Lost, Crash::Kept];
    for (operation, crash) in (0..operations).flat_map(|at| crashes.map(|crash| (at, crash))) {
        assert!(
            is_exact_after(operation, crash, false),
            "{operation} {crash:?}"
        );
    }
    let found = (0..operations).any(|at| !is_exact_after(at, Crash::Lost, true));
    assert!(found, "syncs that are left out go unnoticed");
}

#[test]
fn what_no_batch_had_is_in_the_first_batch_and_what_came_before_the_start_is_behind_it() {
    let (clock, storage) = (ManualClock::new(), MemoryStorage::new());
    let (sender, source) = channel(10);
    let mut source = source.logged();
    sender.send(1_u64).unwrap();
    source.start(&with_storage(&clock, &storage)).unwrap();
    assert_eq!(records(next_batch(&mut source, &clock)), [1]);
    let position = source.position();
    sender.send(2).unwrap();
    sender.flush().unwrap();
    sender.send(3).unwrap();

    let storage = storage.after(Crash::Lost);
    let (sender, source) = channel(10);
    let mut source = source.logged();
    sender.send(4_u64).unwrap();
    source
        .resume(&with_storage(&clock, &storage), &position)
        .unwrap();
    assert_eq!(records(next_batch(&mut source, &clock)), [2, 4]);
    sender.send(5).unwrap();
    assert_eq!(records(next_batch(&mut source, &clock)), [5]);
}

#[test]
fn the_log_is_cut_off_behind_what_is_committed() {
    let (clock, storage) = (ManualClock::new(), MemoryStorage::new());
    let mut source = receive(Endless).logged().max_in_flight(8 << 20);
    source.start(&with_storage(&clock, &storage)).unwrap();
    for _ in 0..24 {
        eventually("it is full", || status(&source).in_flight > 7 << 20);
        assert!(!next_batch(&mut source, &clock).is_empty());
        source.committed(last_batch(&clock));
    }
    let files = storage.list().unwrap();
    let bytes: usize = files
        .iter()
        .map(|file| storage.contents(file).unwrap().len())
        .sum();
    assert!(
        status(&source).blocks * 600_000 > 80 << 20,
        "{:?}",
        status(&source)
    );
    assert!(bytes < 48 << 20, "{bytes} in {files:?}");
}

/// Gives blocks of one MiB.
struct Endless;

impl Receiver for Endless {
    type Block = Text;
    type Position = ();

    fn run(&mut self, store: &Store<Text>) -> Result<(), ReceiverError> {
        while !store.is_stopped() {
            store.push_text(Text::new(vec![b'x'; 1 << 20]))?;
        }
        Ok(())
    }
}

#[test]
fn who_waits_together_is_served_by_one_write() {
    let (clock, storage) = (ManualClock::new(), MemoryStorage::new());
    let syncs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&syncs);
    storage.intercept(move |_, operation| {
        if let Operation::Sync(_) = operation {
            counted.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(2));
        }
        Verdict::Proceed
    });
    let (sender, source) = channel(10_000);
    let mut source = source.logged();
    source.start(&with_storage(&clock, &storage)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let sender = sender.clone();
            scope.spawn(move || {
                for number in 0..20 {
                    sender.send(100 * thread + number).unwrap();
                    sender.flush().unwrap();
                }
            });
        }
    });
    let syncs = syncs.load(Ordering::Relaxed);
    assert!(syncs <= 80, "{syncs} syncs for 160 who waited");
    let left = storage.after(Crash::Lost);
    let (_sender, source) = channel::<u64>(10);
    let mut source = source.logged();
    source.start(&with_storage(&clock, &left)).unwrap();
    let mut found = records(next_batch(&mut source, &clock));
    found.sort_unstable();
    assert!(
        found
            .into_iter()
            .eq((0..160).map(|at| at / 20 * 100 + at % 20))
    );
}

#[test]
fn a_receiver_goes_on_after_the_last_position_that_is_safe() {
    let (clock, mut storage) = (ManualClock::new(), MemoryStorage::new());
    let mut position = None::<Vec<u8>>;
    let mut all = Vec::new();
    for run in 0..4 {
        let (told, resumed) = mpsc::channel();
        let mut source = receive(Counter { at: 0, told }).logged();
        match &position {
            None => source.start(&with_storage(&clock, &storage)).unwrap(),
            Some(position) => source
                .resume(&with_storage(&clock, &storage), position)
                .unwrap(),
        }
        eventually("it ends", || {
            source.status().unwrap().phase == ReceiverPhase::Ended
        });
        assert_eq!(
            resumed.try_iter().collect::<Vec<_>>(),
            [3 * run; 1][..usize::from(run > 0)]
        );
        if run % 2 == 1 {
            let batch = next_batch(&mut source, &clock);
            all.extend(batch.iter().map(|text| text.as_str().to_owned()));
            position = Some(source.position());
        }
        storage = storage.after(Crash::Lost);
    }
    let all = all.concat();
    assert!(
        all.lines()
            .map(|line| line.parse::<u64>().unwrap())
            .eq(0..12),
        "{all}"
    );
}

/// Counts: three safe numbers a run, and one that is not.
struct Counter {
    at: u64,
    told: mpsc::Sender<u64>,
}

impl Receiver for Counter {
    type Block = Text;
    type Position = u64;

    fn run(&mut self, store: &Store<Text, u64>) -> Result<(), ReceiverError> {
        for _ in 0..3 {
            let line = Text::from(format!("{}\n", self.at));
            self.at += 1;
            store.push_text_at(line, self.at)?;
        }
        Ok(store.flush()?)
    }

    fn resume(&mut self, position: u64) -> Result<(), ReceiverError> {
        self.told.send(position)?;
        self.at = position;
        Ok(())
    }
}

#[test]
fn nothing_is_written_when_the_job_is_over() {
    let (clock, storage) = (ManualClock::new(), MemoryStorage::new());
    let (sender, source) = channel(10);
    let mut source = source.logged();
    source.start(&with_storage(&clock, &storage)).unwrap();
    sender.send(1_u64).unwrap();
    sender.flush().unwrap();
    sender.send(2).unwrap();
    drop(source);
    let operations = storage.operations();
    assert!(sender.flush().is_err(), "another process may have the log");
    assert_eq!(storage.operations(), operations);
}

#[test]
fn a_disk_that_fails_ends_the_job_with_its_name() {
    let (clock, storage) = (ManualClock::new(), MemoryStorage::new());
    let (sender, source) = channel(10);
    let mut source = source.logged();
    source.start(&with_storage(&clock, &storage)).unwrap();
    sender.send(1_u64).unwrap();
    storage.set_capacity(Some(100));
    assert!(sender.flush().is_err());
    clock.advance(Duration::from_secs(1));
    let error = source.batch(last_batch(&clock)).unwrap_err();
    assert!(error.to_string().contains("input-input-0"), "{error}");
    assert!(error.help().unwrap().contains("make room"), "{error:?}");
}

#[test]
fn an_input_without_a_log_says_what_to_write() {
    fn remedy(source: &impl Source<Block: BlockSize>) -> String {
        match source.recovery() {
            Recovery::Never { remedy } => remedy,
            other => panic!("{other:?}"),
        }
    }
    let (_sender, source) = channel::<u64>(1);
    assert!(remedy(&source).starts_with("give the pipeline `channel.logged()`"));
    let source: Received<_> = script(|_| Ok(()));
    assert!(remedy(&source).starts_with("write `receive(..).logged()`"));
}
