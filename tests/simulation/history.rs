//! One history: a job, its crashes, and what must hold of its outputs.

use std::time::Duration;

use stream_runtime::prelude::*;
use stream_runtime::receiver::Rng;
use stream_runtime::storage::{Crash, MemoryStorage, Operation, Verdict};
use stream_runtime::{Error, InlineEngine};

use crate::expected;
use crate::hasty::Hasty;
use crate::world::{Batches, Feed, Numbers, Outputs, SimulatedClock, Written};

/// Numbers that a history is about.
const NUMBERS: u64 = 40;
/// Crashes that a history has at most; a life after them ends well.
const CRASHES: u64 = 6;

stream!(
    #[expect(clippy::too_many_arguments, reason = "all kinds of outputs at once")]
    #[checkpoint]
    fn work(
        numbers: Stream<u64>,
        seen: Accumulator<Sum<u64>>,
        given: Sink<(u64, u64)>,
        totals: Sink<(u64, u64)>,
        windows: Sink<(u64, u64)>,
        words: Stream<u64>,
        received: Sink<(u64, u64)>,
        counts: Sink<(u64, u64)>,
    ) {
        let seen_numbers = numbers.inspect(|n| seen.add(*n));
        seen_numbers.map(|n| (n, 0)).to(given);
        let by_rest = seen_numbers.map(|n| (n % 7, n));
        by_rest
            .update_state_by_key(|numbers: &[u64], total: Option<u64>| {
                let total = total.unwrap_or(0) + numbers.iter().sum::<u64>();
                (total % 5 != 4).then_some(total)
            })
            .to(totals);
        by_rest
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 3s, 2s)
            .to(windows);
        words.map(|n| (n, 0)).to(received);
        words.count_by_window(4s, 1s).map(|n| (n, 0)).to(counts);
    }
);

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    FileIsNotSynced,
    DirectoryIsNotSynced,
    /// A file is renamed before it is written.
    RenameComesFirst,
}

/// A history that is about to begin.
pub(crate) struct History {
    chance: Rng,
    clock: SimulatedClock,
    storage: MemoryStorage,
    outputs: Outputs,
    feed: Feed,
    /// How many numbers there are to be worked on.
    numbers: u64,
    bug: Option<Bug>,
}

impl History {
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            chance: Rng::with_seed(seed),
            clock: SimulatedClock::default(),
            storage: MemoryStorage::new(),
            outputs: Outputs::default(),
            feed: Feed::default(),
            numbers: NUMBERS,
            bug: None,
        }
    }

    pub(crate) fn with(self, bug: Bug) -> Self {
        Self {
            bug: Some(bug),
            ..self
        }
    }

    /// Lives through it; how many crashes there were.
    pub(crate) fn live(mut self) -> Result<u64, String> {
        for crashes in 0..CRASHES {
            let at = self.chance.u64(0..400);
            self.fail_from(at);
            if self.run()? {
                self.check()?;
                return Ok(crashes);
            }
            let crash = Crash::Chance(self.chance.u64(..));
            self.storage = self.storage.after(crash);
            self.clock
                .pass(Duration::from_millis(self.chance.u64(0..4_000)));
        }
        self.fail_from(u64::MAX);
        self.run()?;
        self.check()?;
        Ok(CRASHES)
    }

    /// The power goes off at this operation.
    fn fail_from(&self, power_off: u64) {
        let bug = self.bug;
        self.storage
            .intercept(move |at, operation| match operation {
                _ if at == power_off => Verdict::PowerOff,
                Operation::Sync(_) if bug == Some(Bug::FileIsNotSynced) => Verdict::Pretend,
                Operation::SyncDirectory if bug == Some(Bug::DirectoryIsNotSynced) => {
                    Verdict::Pretend
                }
                _ => Verdict::Proceed,
            });
    }

    /// Runs the job until it ends; `false` if the power went off before.
    fn run(&mut self) -> Result<bool, String> {
        let seen = Accumulator::<Sum<u64>>::named("seen");
        let sink = |name| Written {
            name,
            outputs: self.outputs.clone(),
            storage: self.storage.clone(),
        };
        let numbers = Numbers {
            next: 0,
            end: self.numbers,
            chance: self.chance.fork(),
        };
        let (sender, words) = channel(1_000);
        let feed = self.feed.clone();
        let feed = feed.into(sender, self.numbers, self.chance.fork());
        let job = work(
            numbers,
            seen.clone(),
            sink("given"),
            sink("totals"),
            sink("windows"),
            words.logged(),
            sink("received"),
            sink("counts"),
        );
        let job = job
            .engine(InlineEngine)
            .partitions(self.chance.usize(1..4))
            .clock(self.clock.with(feed))
            .checkpoint_inline();
        let storage = self.storage.clone();
        let job = match self.bug {
            Some(Bug::RenameComesFirst) => job.checkpoint(Hasty(storage)),
            _ => job.checkpoint(storage),
        };
        match job.run() {
            Ok(_) if seen.value() == (0..self.numbers).sum::<u64>() => Ok(true),
            Ok(_) => Err(format!("the accumulator is {}", seen.value())),
            Err(error) if is_power_failure(&error) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What was put out is what follows from what was given.
    fn check(&self) -> Result<(), String> {
        let given = self.outputs.of("given");
        let numbers: Vec<u64> = given
            .iter()
            .flat_map(|(_, rows)| rows)
            .map(|row| row.0)
            .collect();
        if numbers != Vec::from_iter(0..self.numbers) {
            return Err(format!("given were {numbers:?}"));
        }
        let received = self.outputs.of("received");
        let words: Vec<u64> = received
            .iter()
            .flat_map(|(_, rows)| rows)
            .map(|row| row.0)
            .collect();
        let are_once = words.windows(2).all(|pair| pair[0] < pair[1]);
        let lost = self.feed.safe();
        let lost = lost.iter().find(|word| words.binary_search(word).is_err());
        if !are_once || lost.is_some() {
            return Err(format!("{lost:?} is lost, received were {words:?}"));
        }
        self.compare("totals", expected::totals(&given))?;
        self.compare("windows", expected::windows(&given))?;
        self.compare("counts", expected::counts(&received))
    }

    fn compare(&self, sink: &'static str, expected: Batches) -> Result<(), String> {
        let found = self.outputs.of(sink);
        match found == expected {
            true => Ok(()),
            false => Err(format!("{sink} are {found:?}\nand should be {expected:?}")),
        }
    }
}

fn is_power_failure(error: &Error) -> bool {
    error.to_string().contains("power")
}

/// A run over so many numbers without a crash: its batches, and its operations.
pub(crate) fn without_crash(numbers: u64) -> (usize, u64) {
    let (history, ended) = run_until(numbers, u64::MAX);
    assert!(ended, "nothing crashes");
    (
        history.outputs.of("given").len(),
        history.storage.operations(),
    )
}

/// The same run with a crash at an operation: with all that was not synced lost, with all of it
/// kept, and torn at every byte of the last write. How many crashes that were.
pub(crate) fn every_crash(numbers: u64, operation: u64) -> u64 {
    let (first, _) = run_until(numbers, operation);
    let torn = (0..first.storage.last_write()).map(Crash::Torn);
    let crashes = [Crash::Lost, Crash::Kept].into_iter().chain(torn);
    let lived = crashes.map(|crash| {
        let (mut history, _) = run_until(numbers, operation);
        history.storage = history.storage.after(crash);
        history.fail_from(u64::MAX);
        let ended = history.run().and_then(|_| history.check());
        ended.unwrap_or_else(|fault| panic!("operation {operation}, {crash:?}: {fault}"));
    });
    lived.count() as u64
}

fn run_until(numbers: u64, operation: u64) -> (History, bool) {
    let mut history = History::of(numbers);
    history.numbers = numbers;
    history.fail_from(operation);
    let ended = history.run();
    let ended = ended.unwrap_or_else(|fault| panic!("operation {operation}: {fault}"));
    (history, ended)
}
