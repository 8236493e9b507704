//! The best that is known: text is split 64 bytes at once, words are numbers of sixteen bytes that stand in
//! order of first appearance beside a small index, and they are looked up in groups, so that many of them
//! wait for memory at the same time. With `rayon`, each of two threads takes block after block, with a
//! table of its own; then each looks half of the words of one table up in the other.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::answer::{fnv1a, item, sum};
use crate::by_hand::Map;
use crate::contest::{Times, timed};
use crate::data::text;
use crate::tuned::{Dictionary, GROUP, Word, halves, split};

/// How often each word came. The memory stays from batch to batch.
#[derive(Default)]
struct Counts {
    words: Dictionary<Word>,
    /// By the number of the word.
    counts: Vec<u32>,
    /// Words that are too long to be numbers.
    long: Map<&'static str, u32>,
}

/// Beside another thread's counts, on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Apart(Counts);

impl Counts {
    fn clear(&mut self) {
        self.words.clear();
        self.counts.clear();
        self.long.clear();
    }

    /// Counts the words of blocks, of which other threads take some.
    fn take(&mut self, taken: &AtomicUsize) {
        while let Some(block) = text().get(taken.fetch_add(1, Ordering::Relaxed)) {
            self.count(block.as_str());
        }
    }

    fn count(&mut self, text: &'static str) {
        let Self {
            words,
            counts,
            long,
        } = self;
        let long = |word| *long.entry(word).or_insert(0) += 1;
        split(text, |group| count(words, counts, group), long);
    }

    /// Adds what another thread has counted.
    fn merge(&mut self, other: &Self) {
        let (first, second) = halves(other.words.keys());
        let own = |words| find_all(&self.words, words);
        let (first, second) = rayon::join(|| own(first), || own(second));
        let numbers = first.into_iter().chain(second);
        for ((word, count), number) in other.words.keys().iter().zip(&other.counts).zip(numbers) {
            match self.counts.get_mut(number as usize) {
                Some(total) => *total += count,
                None => add(&mut self.words, &mut self.counts, *word, *count),
            }
        }
        for (word, count) in &other.long {
            *self.long.entry(word).or_insert(0) += count;
        }
    }

    fn of_long(&self) -> u64 {
        let long = self.long.iter();
        sum(long.map(|(word, count)| item(fnv1a(word.as_bytes()), u64::from(*count))))
    }
}

#[inline(never)]
fn count(words: &mut Dictionary<Word>, counts: &mut Vec<u32>, group: &[Word]) {
    for (word, number) in group.iter().zip(words.find_group(group)) {
        match counts.get_mut(number as usize) {
            Some(count) => *count += 1,
            None => add(words, counts, *word, 1),
        }
    }
}

/// For a word that may be new.
#[cold]
#[inline(never)]
fn add(words: &mut Dictionary<Word>, counts: &mut Vec<u32>, word: Word, count: u32) {
    let number = words.number(word) as usize;
    counts.resize(words.keys().len(), 0);
    counts[number] += count;
}

fn find_all(words: &Dictionary<Word>, keys: &[Word]) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(keys.len());
    for group in keys.chunks(GROUP) {
        numbers.extend_from_slice(&words.find_group(group)[..group.len()]);
    }
    numbers
}

fn answer(words: &[Word], counts: &[u32]) -> u64 {
    let counts = words.iter().zip(counts);
    sum(counts.map(|(word, count)| item(word.with_bytes(fnv1a), u64::from(*count))))
}

pub(super) fn one_thread(batches: u64) -> (u64, Times) {
    let mut counts = Counts::default();
    timed(batches, || {
        counts.clear();
        counts.take(&AtomicUsize::new(0));
        answer(counts.words.keys(), &counts.counts).wrapping_add(counts.of_long())
    })
}

pub(super) fn rayon(batches: u64) -> (u64, Times) {
    let mut counts = [Apart::default(), Apart::default()];
    timed(batches, || {
        let [Apart(counts), Apart(others)] = &mut counts;
        counts.clear();
        others.clear();
        let taken = AtomicUsize::new(0);
        rayon::join(|| counts.take(&taken), || others.take(&taken));
        counts.merge(others);
        let (first, second) = (halves(counts.words.keys()), halves(&counts.counts));
        let (a, b) = rayon::join(|| answer(first.0, second.0), || answer(first.1, second.1));
        a.wrapping_add(b).wrapping_add(counts.of_long())
    })
}
