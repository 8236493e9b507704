//! Sliding windows over the words of many small batches: counts, and the largest value, per word.
//!
//! Every batch is of [`LINES`] lines `word value`, the words drawn by Zipf's law from 100,000; the
//! windows slide by one batch. Each slide puts out all words in the window, so beside what enters
//! and leaves it costs a visit of each of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use stream_runtime::prelude::*;
use stream_runtime::receiver::Source;
use stream_runtime::{BatchTime, Result, Text};

use crate::data::{Rng, lines_of, zipf_word};
use crate::source::Shared;
use crate::{Map, item};

/// Lines of a batch.
pub const LINES: usize = 20_000;
/// Different batches; they are given again and again.
const BATCHES: usize = 61;
/// As short as can be: the job is always behind, and no time goes by between batches.
const INTERVAL: Duration = Duration::from_micros(1);

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// The checksum of all slides.
    pub sum: u64,
    /// For how long the thread was on a core, while the window slid.
    pub busy: Duration,
    /// How long each slide took.
    pub times: Vec<Duration>,
}

/// Notes when batches end.
struct Watch {
    fills: usize,
    batches: usize,
    began: (Duration, Instant),
    last: Instant,
    times: Vec<Duration>,
}

impl Watch {
    fn of(slides: Slides) -> Self {
        let now = Instant::now();
        Self {
            fills: slides.length,
            batches: 0,
            began: (busy(), now),
            last: now,
            times: Vec::with_capacity(slides.slides),
        }
    }

    fn batch_ended(&mut self) {
        let now = Instant::now();
        self.batches += 1;
        if self.batches > self.fills {
            self.times.push(now - self.last);
        } else {
            self.began = (busy(), now);
        }
        self.last = now;
    }

    fn run(&self, sum: u64) -> Run {
        Run {
            sum,
            busy: busy_since(self.began),
            times: self.times.clone(),
        }
    }
}

/// For how long this thread has been on a core, where the system tells: on a machine that others use
/// too it is far steadier than the time on the wall.
fn busy() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanos = told
        .ok()
        .and_then(|told| told.split(' ').next()?.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn busy_since((before, at): (Duration, Instant)) -> Duration {
    match busy() {
        Duration::ZERO => at.elapsed(),
        now => now - before,
    }
}

/// A window of `length` batches that has filled, and then slides `slides` times.
#[derive(Debug, Clone, Copy)]
pub struct Slides {
    /// In batches.
    pub length: usize,
    /// How many are measured.
    pub slides: usize,
}

impl Slides {
    fn batches(self) -> usize {
        self.length + self.slides
    }

    fn duration(self) -> Duration {
        INTERVAL * self.length as u32
    }
}

stream!(
    #[checkpoint]
    fn counts(lines: Stream<&str>, length: Duration, sum: Accumulator<Sum<u64>>) {
        lines
            .map(|line| (parts(line).0, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, length)
            .map(|(word, count)| digest(word, count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    fn counts_without_inverse(lines: Stream<&str>, length: Duration, sum: Accumulator<Sum<u64>>) {
        lines
            .map(|line| (parts(line).0, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, length)
            .map(|(word, count)| digest(word, count))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }

    fn largest(lines: Stream<&str>, length: Duration, sum: Accumulator<Sum<u64>>) {
        lines
            .map(parts)
            .reduce_by_key_and_window(Ord::max, length)
            .map(|(word, value)| digest(word, value))
            .reduce(|a, b| a.wrapping_add(b))
            .for_each_batch(|checksum, _| sum.add(checksum.sum()));
    }
);

/// A word and its value.
#[inline(always)]
fn parts(line: &str) -> (&str, u64) {
    let (word, digits) = line.split_once(' ').unwrap_or((line, ""));
    let value = digits
        .bytes()
        .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (word, value)
}

#[inline(always)]
fn digest(word: &str, value: u64) -> u64 {
    item(word.len() as u64, value)
}

fn data() -> &'static [Arc<Text>] {
    static DATA: OnceLock<Vec<Arc<Text>>> = OnceLock::new();
    DATA.get_or_init(|| {
        let mut rng = Rng::new(0x7769_6e64_6f77_7300);
        let batch = |_| {
            let lines =
                (0..LINES).map(|_| format!("{} {}\n", zipf_word(&mut rng), rng.below(1_000_000)));
            Arc::new(Text::from(lines.collect::<String>()))
        };
        (0..BATCHES).map(batch).collect()
    })
}

/// The batches one after the other, from the first on again when they are used up.
#[derive(Debug)]
struct Cycle {
    next: usize,
    end: usize,
}

impl Source for Cycle {
    type Block = Shared<Text>;

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Shared<Text>>> {
        if self.next == self.end {
            return Ok(Vec::new());
        }
        let block = Shared::new(&data()[self.next % BATCHES]);
        self.next += 1;
        Ok(vec![block])
    }

    fn is_finished(&self) -> bool {
        self.next == self.end
    }

    fn is_at_rest(&self) -> bool {
        true
    }
}

fn pipeline(slides: Slides, job: impl Fn(Cycle, Duration, Accumulator<Sum<u64>>) -> Job) -> Run {
    let sum = Accumulator::named("sum");
    let cycle = Cycle {
        next: 0,
        end: slides.batches(),
    };
    let watch = Arc::new(Mutex::new(Watch::of(slides)));
    let (seen, length) = (Arc::clone(&watch), slides.batches());
    let run = Arc::new(Mutex::new(None));
    let last = Arc::clone(&run);
    let job = job(cycle, slides.duration(), sum.clone())
        .threads(1)
        .partitions(1)
        .batch_interval(INTERVAL)
        .max_batches(length as u64)
        .on_batch(move |_| {
            // Here, since it is the thread of the batches that is asked how long it was busy.
            let mut watch = seen.lock().expect("nobody panicked");
            watch.batch_ended();
            if watch.batches == length {
                *last.lock().expect("nobody panicked") = Some(watch.run(0));
            }
        });
    job.run().unwrap_or_else(|error| panic!("{error}"));
    let run = run.lock().expect("nobody panicked").take();
    let run = run.expect("all batches were run");
    Run {
        sum: sum.value(),
        ..run
    }
}

/// Words with dense numbers, and what is kept for each.
struct Kept<C> {
    numbers: HashMap<Box<str>, u32, foldhash::fast::FixedState>,
    words: Vec<Box<str>>,
    cells: Vec<(u32, C)>,
    free: Vec<u32>,
}

impl<C: Clone + Default> Kept<C> {
    fn new() -> Self {
        Self {
            numbers: HashMap::default(),
            words: Vec::new(),
            cells: Vec::new(),
            free: Vec::new(),
        }
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.free.pop().unwrap_or(self.words.len() as u32);
        if number as usize == self.words.len() {
            self.words.push(word.into());
            self.cells.push((0, C::default()));
        } else {
            self.words[number as usize] = word.into();
            self.cells[number as usize] = (0, C::default());
        }
        self.numbers.insert(word.into(), number);
        number
    }

    fn forget(&mut self, number: u32) {
        self.numbers.remove(&self.words[number as usize]);
        self.free.push(number);
    }

    fn live(&self) -> impl Iterator<Item = (&str, &C)> {
        let words = self.words.iter().zip(&self.cells);
        words
            .filter(|(_, (panes, _))| *panes > 0)
            .map(|(word, (_, cell))| (&**word, cell))
    }
}

/// What a hand-written window does with the values of a word.
trait Hand {
    type Cell: Clone + Default;
    fn value(line: &str) -> (&str, u64);
    fn within(a: u64, b: u64) -> u64;
    fn enter(cell: &mut Self::Cell, batch: usize, value: u64);
    fn leave(cell: &mut Self::Cell, batch: usize, value: u64);
    fn result(cell: &Self::Cell) -> u64;
}

/// The loop that an expert would write: combine the batch, number its words, take the oldest pane out
/// and put the new one in, and visit every word.
fn by_hand<H: Hand>(slides: Slides) -> Run {
    let (mut kept, mut panes) = (Kept::<H::Cell>::new(), VecDeque::new());
    let (mut sum, mut watch) = (0u64, Watch::of(slides));
    for batch in 0..slides.batches() {
        let mut found: Map<&str, u64> = Map::default();
        for line in lines_of(&data()[batch % BATCHES]) {
            let (word, value) = H::value(line);
            let total = found.entry(word);
            total
                .and_modify(|total| *total = H::within(*total, value))
                .or_insert(value);
        }
        let mut gone = Vec::new();
        if panes.len() == slides.length {
            let pane: Vec<(u32, u64)> = panes.pop_front().unwrap_or_default();
            for (number, value) in pane {
                let (panes, cell) = &mut kept.cells[number as usize];
                *panes -= 1;
                H::leave(cell, batch - slides.length, value);
                if *panes == 0 {
                    gone.push(number);
                }
            }
        }
        let mut pane = Vec::with_capacity(found.len());
        for (word, value) in found {
            let number = kept.number(word);
            let (panes, cell) = &mut kept.cells[number as usize];
            *panes += 1;
            H::enter(cell, batch, value);
            pane.push((number, value));
        }
        panes.push_back(pane);
        for number in gone {
            if kept.cells[number as usize].0 == 0 {
                kept.forget(number);
            }
        }
        for (word, cell) in kept.live() {
            sum = sum.wrapping_add(digest(word, H::result(cell)));
        }
        watch.batch_ended();
    }
    watch.run(sum)
}

struct Counts;

impl Hand for Counts {
    type Cell = u64;

    fn value(line: &str) -> (&str, u64) {
        (parts(line).0, 1)
    }

    fn within(a: u64, b: u64) -> u64 {
        a + b
    }

    fn enter(total: &mut u64, _: usize, count: u64) {
        *total += count;
    }

    fn leave(total: &mut u64, _: usize, count: u64) {
        *total -= count;
    }

    fn result(total: &u64) -> u64 {
        *total
    }
}

struct Largest;

impl Hand for Largest {
    type Cell = VecDeque<(usize, u64)>;

    fn value(line: &str) -> (&str, u64) {
        parts(line)
    }

    fn within(a: u64, b: u64) -> u64 {
        a.max(b)
    }

    fn enter(deque: &mut Self::Cell, batch: usize, value: u64) {
        while deque.back().is_some_and(|(_, last)| *last <= value) {
            deque.pop_back();
        }
        deque.push_back((batch, value));
    }

    fn leave(deque: &mut Self::Cell, batch: usize, _: u64) {
        if deque.front().is_some_and(|(of, _)| *of == batch) {
            deque.pop_front();
        }
    }

    fn result(deque: &Self::Cell) -> u64 {
        deque.front().map_or(0, |(_, value)| *value)
    }
}

/// One way to keep a window.
#[derive(Debug)]
pub struct WindowWay {
    /// Its name in reports.
    pub name: &'static str,
    /// Runs it.
    pub run: fn(Slides) -> Run,
}

/// Workloads, each with its ways; the last of them is the hand-written one.
pub fn windows() -> [(&'static str, Vec<WindowWay>); 2] {
    let way = |name, run| WindowWay { name, run };
    [
        (
            "sliding word count",
            vec![
                way("stream!, with inverse", |slides| pipeline(slides, counts)),
                way("stream!, two stacks", |slides| {
                    pipeline(slides, counts_without_inverse)
                }),
                way("hand, with inverse", by_hand::<Counts>),
            ],
        ),
        (
            "sliding maximum",
            vec![
                way("stream!, monotonic deque", |slides| {
                    pipeline(slides, largest)
                }),
                way("hand, monotonic deque", by_hand::<Largest>),
            ],
        ),
    ]
}
