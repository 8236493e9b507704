//! By hand: the batch is combined, its keys get dense numbers, the oldest pane is taken out and the new one
//! put in, and every key is visited. Counts are subtracted when they leave; a maximum has a monotonic
//! deque for each key. With `rayon`, each thread combines half of a batch and then has half of the keys.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use foldhash::fast::FixedState;
use stream_runtime::{Rows, Text};

use super::{of_word, pairs, text, words};
use crate::answer::{item, sum};
use crate::by_hand::Map;
use crate::contest::{Times, timed_after};
use crate::data::lines_of;

/// What a window is over, and what it does with the values of a key.
pub(super) trait Slide: Sized + 'static {
    type Block: Send + Sync;
    type Key: ?Sized + Hash + Eq + Sync + ToOwned<Owned: Hash + Eq + Clone + Send>;
    type Cell: Default + Send;

    fn batches() -> &'static [Vec<Arc<Self::Block>>];
    fn pairs(block: &'static Self::Block) -> impl Iterator<Item = (&'static Self::Key, u64)>;
    fn combine(a: u64, b: u64) -> u64;
    fn enter(cell: &mut Self::Cell, batch: u64, value: u64);
    fn leave(cell: &mut Self::Cell, batch: u64, value: u64);
    fn result(cell: &Self::Cell) -> u64;
    fn answer(key: &Self::Key, value: u64) -> u64;
}

/// A batch, combined.
pub(super) type Combined<S> = Map<&'static <S as Slide>::Key, u64>;

/// Keys with dense numbers, and what is kept of each.
pub(super) struct Window<S: Slide> {
    length: usize,
    batch: u64,
    numbers: Map<<S::Key as ToOwned>::Owned, u32>,
    keys: Vec<<S::Key as ToOwned>::Owned>,
    /// In how many panes the key is, and its cell.
    cells: Vec<(u32, S::Cell)>,
    free: Vec<u32>,
    panes: VecDeque<Vec<(u32, u64)>>,
}

impl<S: Slide> Window<S> {
    pub(super) fn new(length: u64) -> Self {
        Self {
            length: length as usize,
            batch: 0,
            numbers: Map::default(),
            keys: Vec::new(),
            cells: Vec::new(),
            free: Vec::new(),
            panes: VecDeque::new(),
        }
    }

    /// Takes a batch in, and gives the answer over all keys.
    pub(super) fn slide(&mut self, combined: Combined<S>) -> u64 {
        let gone = match self.panes.len() == self.length {
            true => self.leave(),
            false => Vec::new(),
        };
        self.enter(combined);
        for number in gone {
            if self.cells[number as usize].0 == 0 {
                self.numbers.remove(self.keys[number as usize].borrow());
                self.free.push(number);
            }
        }
        self.batch += 1;
        let live = self.keys.iter().zip(&self.cells);
        let live = live.filter(|(_, (panes, _))| *panes > 0);
        sum(live.map(|(key, (_, cell))| S::answer(key.borrow(), S::result(cell))))
    }

    /// Takes the oldest pane out; tells which keys are in no pane any more.
    fn leave(&mut self) -> Vec<u32> {
        let (mut gone, oldest) = (Vec::new(), self.batch - self.length as u64);
        for (number, value) in self.panes.pop_front().into_iter().flatten() {
            let (panes, cell) = &mut self.cells[number as usize];
            *panes -= 1;
            S::leave(cell, oldest, value);
            if *panes == 0 {
                gone.push(number);
            }
        }
        gone
    }

    fn enter(&mut self, combined: Combined<S>) {
        let mut pane = Vec::with_capacity(combined.len());
        for (key, value) in combined {
            let number = self.number(key);
            let (panes, cell) = &mut self.cells[number as usize];
            *panes += 1;
            S::enter(cell, self.batch, value);
            pane.push((number, value));
        }
        self.panes.push_back(pane);
    }

    fn number(&mut self, key: &S::Key) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = self.free.pop().unwrap_or(self.keys.len() as u32);
        if number as usize == self.keys.len() {
            self.keys.push(key.to_owned());
            self.cells.push(Default::default());
        } else {
            self.keys[number as usize] = key.to_owned();
            self.cells[number as usize] = Default::default();
        }
        self.numbers.insert(key.to_owned(), number);
        number
    }
}

fn combine<S: Slide>(blocks: &'static [Arc<S::Block>]) -> Combined<S> {
    let mut combined = Map::default();
    for (key, value) in blocks.iter().flat_map(|block| S::pairs(block)) {
        put::<S>(&mut combined, key, value);
    }
    combined
}

#[inline(always)]
fn put<S: Slide>(combined: &mut Combined<S>, key: &'static S::Key, value: u64) {
    combined
        .entry(key)
        .and_modify(|total| *total = S::combine(*total, value))
        .or_insert(value);
}

/// The batches in turn.
pub(super) fn in_turn<S: Slide>() -> impl Iterator<Item = &'static [Arc<S::Block>]> {
    S::batches().iter().map(Vec::as_slice).cycle()
}

pub(super) fn one_thread<S: Slide>(slides: u64, length: u64) -> (u64, Times) {
    let (mut window, mut batches) = (Window::<S>::new(length), in_turn::<S>());
    timed_after(length, slides, || {
        let blocks = batches.next().expect("batches never end");
        window.slide(combine::<S>(blocks))
    })
}

pub(super) fn rayon<S: Slide>(slides: u64, length: u64) -> (u64, Times) {
    let mut windows = [(); 2].map(|()| Window::<S>::new(length));
    let mut batches = in_turn::<S>();
    let dealt = |blocks| {
        let mut halves = [(); 2].map(|()| Vec::new());
        for (key, value) in combine::<S>(blocks) {
            let hash = FixedState::default().hash_one(key);
            halves[(hash >> 40 & 1) as usize].push((key, value));
        }
        halves
    };
    timed_after(length, slides, || {
        let blocks = batches.next().expect("batches never end");
        let (first, second) = blocks.split_at(blocks.len() / 2);
        let ([a0, a1], [b0, b1]) = rayon::join(|| dealt(first), || dealt(second));
        let merged = |a: Vec<_>, b: Vec<_>| {
            let mut merged: Combined<S> = a.into_iter().collect();
            for (key, value) in b {
                put::<S>(&mut merged, key, value);
            }
            merged
        };
        let [even, odd] = &mut windows;
        let (a, b) = rayon::join(|| even.slide(merged(a0, b0)), || odd.slide(merged(a1, b1)));
        a.wrapping_add(b)
    })
}

/// Counts of the words of lines, which are subtracted when they leave.
pub(super) struct WordsOfText;
/// Counts of lines that are words.
pub(super) struct Words;
/// The largest value of each key.
pub(super) struct Largest;

impl Slide for WordsOfText {
    type Block = Text;
    type Key = str;
    type Cell = u64;

    fn batches() -> &'static [Vec<Arc<Text>>] {
        text()
    }

    fn pairs(block: &'static Text) -> impl Iterator<Item = (&'static str, u64)> {
        let words = lines_of(block).flat_map(str::split_ascii_whitespace);
        words.map(|word| (word, 1))
    }

    fn combine(a: u64, b: u64) -> u64 {
        a + b
    }

    fn enter(total: &mut u64, _: u64, count: u64) {
        *total += count;
    }

    fn leave(total: &mut u64, _: u64, count: u64) {
        *total -= count;
    }

    fn result(total: &u64) -> u64 {
        *total
    }

    fn answer(word: &str, count: u64) -> u64 {
        of_word(word, count)
    }
}

impl Slide for Words {
    type Block = Text;
    type Key = str;
    type Cell = u64;

    fn batches() -> &'static [Vec<Arc<Text>>] {
        words()
    }

    fn pairs(block: &'static Text) -> impl Iterator<Item = (&'static str, u64)> {
        lines_of(block).map(|word| (word, 1))
    }

    fn combine(a: u64, b: u64) -> u64 {
        WordsOfText::combine(a, b)
    }

    fn enter(total: &mut u64, batch: u64, count: u64) {
        WordsOfText::enter(total, batch, count);
    }

    fn leave(total: &mut u64, batch: u64, count: u64) {
        WordsOfText::leave(total, batch, count);
    }

    fn result(total: &u64) -> u64 {
        *total
    }

    fn answer(word: &str, count: u64) -> u64 {
        of_word(word, count)
    }
}

impl Slide for Largest {
    type Block = Rows<(u64, u64)>;
    type Key = u64;
    type Cell = VecDeque<(u64, u64)>;

    fn batches() -> &'static [Vec<Arc<Self::Block>>] {
        pairs()
    }

    fn pairs(block: &'static Self::Block) -> impl Iterator<Item = (&'static u64, u64)> {
        block.0.iter().map(|(key, value)| (key, *value))
    }

    fn combine(a: u64, b: u64) -> u64 {
        a.max(b)
    }

    fn enter(deque: &mut Self::Cell, batch: u64, value: u64) {
        while deque.back().is_some_and(|(_, last)| *last <= value) {
            deque.pop_back();
        }
        deque.push_back((batch, value));
    }

    fn leave(deque: &mut Self::Cell, batch: u64, _: u64) {
        if deque.front().is_some_and(|(of, _)| *of == batch) {
            deque.pop_front();
        }
    }

    fn result(deque: &Self::Cell) -> u64 {
        deque.front().map_or(0, |(_, value)| *value)
    }

    fn answer(key: &u64, value: u64) -> u64 {
        item(*key, value)
    }
}
