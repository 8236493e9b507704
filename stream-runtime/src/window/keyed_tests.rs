//! Keyed windows beside naive ones, stopped and restored at random.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use super::*;
use crate::key::partition_of;
use crate::state::{Checkpoint, Draft, Partitioned};
use crate::window::daba::Daba;
use crate::window::monotonic::MonotonicDeque;
use crate::window::subtract::SubtractOnEvict;
use crate::window::two_stacks::TwoStacks;

/// A batch of a second.
type Batch = Vec<(u8, u64)>;
type Results = Vec<(u8, u64)>;

/// A window of some seconds.
#[derive(Clone, Copy)]
struct Seconds {
    length: u64,
    slide: u64,
}

impl Seconds {
    fn extent(self) -> Extent {
        let [length, slide] = [self.length, self.slide].map(Duration::from_secs);
        Extent::new(length, slide, BatchTime::ZERO)
    }
}

fn at(second: u64) -> BatchTime {
    BatchTime::from_millis(1_000 * second)
}

/// The window of some partitions, with its journal.
struct Job<'a, A: Aggregate<u64>> {
    aggregate: &'a A,
    combine: fn(u64, u64) -> u64,
    window: Seconds,
    state: Partitioned<KeyedWindow<u8, u64, A::Cell>>,
    journal: Vec<Vec<u8>>,
    /// Where in the journal the last complete round begins, and the one that is under way.
    rounds: (usize, usize),
}

impl<'a, A: Aggregate<u64>> Job<'a, A> {
    fn new(aggregate: &'a A, combine: fn(u64, u64) -> u64, window: Seconds) -> Self {
        let mut state = Partitioned::new(1);
        state.begin_round();
        Self {
            aggregate,
            combine,
            window,
            state,
            journal: Vec::new(),
            rounds: (0, 0),
        }
    }

    /// Runs a batch, and commits it.
    fn run(&mut self, second: u64, batch: &Batch, rng: &mut Rng) -> Option<Results> {
        let (time, extent) = (at(second), self.window.extent());
        let partitions = self.state.parts().len();
        let mut results = Vec::new();
        let is_due = second.is_multiple_of(self.window.slide);
        for (partition, part) in self.state.parts_mut().iter_mut().enumerate() {
            let mine = |entry: &Entry<u8, _>| partition_of(entry.hash(), partitions) == partition;
            // Two tasks, each of which has combined what it has met of a key.
            let halves = batch.chunks(batch.len().div_ceil(2).max(1)).map(|half| {
                let met = combined(half, self.combine).into_iter();
                let entries = met.map(|(key, value)| Entry::new(key, value));
                entries.filter(mine).collect::<Vec<_>>()
            });
            let buckets = halves.filter(|half| !half.is_empty()).collect();
            part.add(time, buckets, self.combine);
            if is_due {
                part.slide(time, extent, self.aggregate);
                let found = part.results(time, extent, self.aggregate);
                results.extend(found.map(|(key, value)| (*key, value)));
            }
        }
        self.commit(rng);
        is_due.then_some(results)
    }

    fn commit(&mut self, rng: &mut Rng) {
        let (mut delta, mut slice) = (Draft::default(), Draft::default());
        self.state.delta(&mut delta);
        let is_complete = self.state.image(&mut slice, rng.usize(0..60));
        self.journal.extend([delta, slice].map(Draft::into_bytes));
        if is_complete {
            self.rounds = (self.rounds.1, self.journal.len());
            self.state.begin_round();
        }
    }

    /// Throws everything away but what recovery needs.
    fn restore(&mut self, partitions: usize) {
        self.state = Partitioned::new(partitions);
        for part in &self.journal[self.rounds.0..] {
            self.state.apply(part).unwrap();
        }
        self.state.begin_round();
        self.rounds.1 = self.journal.len();
    }
}

fn combined(records: &[(u8, u64)], combine: fn(u64, u64) -> u64) -> Results {
    let mut totals = BTreeMap::<u8, u64>::new();
    for &(key, value) in records {
        let total = totals
            .get(&key)
            .map_or(value, |total| combine(*total, value));
        totals.insert(key, total);
    }
    totals.into_iter().collect()
}

/// What the window that ends with the last batch holds.
fn naive(batches: &[Batch], length: u64, combine: fn(u64, u64) -> u64) -> Results {
    let from = batches.len().saturating_sub(length as usize);
    combined(&batches[from..].concat(), combine)
}

fn batch(rng: &mut Rng) -> Batch {
    let (len, keys) = (rng.usize(0..8), rng.u8(1..20));
    (0..len)
        .map(|_| (rng.u8(0..keys), rng.u64(0..100)))
        .collect()
}

const WINDOWS: [(u64, u64); 8] = [
    (1, 1),
    (3, 1),
    (10, 1),
    (6, 2),
    (5, 2),
    (4, 4),
    (2, 3),
    (7, 10),
];

fn seconds() -> impl Iterator<Item = Seconds> {
    WINDOWS
        .iter()
        .map(|&(length, slide)| Seconds { length, slide })
}

fn sorted(mut results: Results) -> Results {
    results.sort_unstable();
    results
}

/// Runs windows that are now and then restored, beside naive ones.
fn check<A: Aggregate<u64>>(make: impl Fn(Extent) -> A, combine: fn(u64, u64) -> u64) {
    for (seed, window) in (0..5).flat_map(|seed| seconds().map(move |window| (seed, window))) {
        let mut rng = Rng::with_seed(seed);
        let aggregate = make(window.extent());
        let mut job = Job::new(&aggregate, combine, window);
        let mut batches = Vec::new();
        for second in 1..120 {
            batches.push(batch(&mut rng));
            let results = job.run(second, &batches[second as usize - 1], &mut rng);
            if let Some(results) = results {
                let expected = naive(&batches, window.length, combine);
                let Seconds { length, slide } = window;
                assert_eq!(
                    sorted(results),
                    expected,
                    "{length} by {slide}, seed {seed}, {second}"
                );
            }
            if rng.u8(0..10) == 0 {
                job.restore(rng.usize(1..5));
            }
        }
    }
}

#[test]
fn subtract_on_evict() {
    let make = |_| SubtractOnEvict::new(|a, b| a + b, |a, b| a - b);
    check(make, |a, b| a + b);
}

#[test]
fn two_stacks() {
    check(
        |extent| TwoStacks::new(|a, b| a + b, extent.steps()),
        |a, b| a + b,
    );
}

#[test]
fn monotonic_deque() {
    check(|_| MonotonicDeque::new(u64::max), u64::max);
}

#[test]
fn daba() {
    check(|_| Daba::new(|a, b| a + b), |a, b| a + b);
}

#[test]
fn a_window_that_was_restored_gives_the_same_in_the_same_order() {
    let aggregate = TwoStacks::new(|a: u64, b: u64| a.wrapping_mul(31) ^ b, 5);
    let combine = |a: u64, b: u64| a.wrapping_mul(31) ^ b;
    let window = Seconds {
        length: 5,
        slide: 1,
    };
    let mut jobs = [(); 2].map(|()| Job::new(&aggregate, combine, window));
    let mut rngs = [(); 2].map(|()| Rng::with_seed(7));
    for second in 1..200 {
        let [first, second] = [0, 1].map(|n| {
            let batch = batch(&mut rngs[n]);
            jobs[n].run(second, &batch, &mut rngs[n])
        });
        assert_eq!(first, second);
        jobs[1].restore(1);
    }
}

#[test]
fn keys_and_panes_that_have_left_are_gone() {
    let aggregate = SubtractOnEvict::new(|a: u64, b: u64| a + b, |a, b| a - b);
    let window = Seconds {
        length: 3,
        slide: 1,
    };
    let mut job = Job::new(&aggregate, |a, b| a + b, window);
    let mut rng = Rng::with_seed(0);
    for second in 1..100 {
        job.run(second, &vec![(second as u8, 1)], &mut rng);
        let part = &job.state.parts()[0];
        assert!(part.len() <= 3 && part.panes.iter().count() <= 3);
        assert!(part.cells.len() <= 4, "numbers are given again");
    }
}
