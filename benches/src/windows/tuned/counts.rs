//! The sliding word count: what comes in is added, and what leaves is subtracted, number by number.

use std::collections::VecDeque;
use std::sync::Arc;

use stream_runtime::Text;

use super::{both, kept};
use crate::answer::{item, sum};
use crate::tuned::{Dictionary, Word, halves, split};
use crate::windows::LENGTH;
use crate::windows::hand::{self, Combined, WordsOfText};

/// How often each word came in some blocks.
struct Counted {
    /// By number.
    pane: Vec<u32>,
    /// Words that have no number yet.
    new: Vec<Word>,
    /// Words that are too long to be numbers.
    long: Vec<&'static str>,
}

/// Words that are in the window, or were not long ago.
pub(super) struct Window {
    words: Dictionary<Word>,
    totals: Vec<u64>,
    panes: VecDeque<Vec<u32>>,
    /// Long words go the plain way.
    long: hand::Window<WordsOfText>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            words: Dictionary::default(),
            totals: Vec::new(),
            panes: VecDeque::new(),
            long: hand::Window::new(LENGTH),
        }
    }
}

impl Window {
    /// Takes a batch in, and gives the answer over all words.
    pub(super) fn slide(&mut self, blocks: &'static [Arc<Text>], threads: usize) -> u64 {
        let (first, second) = halves(blocks);
        let own = |blocks| count(&self.words, blocks);
        let (a, b) = both(threads, || own(first), || own(second));
        let (pane, long) = self.merge(a, b);
        let answer = self.enter(pane, threads);
        self.forget();
        answer.wrapping_add(self.long.slide(long))
    }

    /// Adds up what was counted by number, and gives numbers to the words that have none.
    fn merge(&mut self, a: Counted, b: Counted) -> (Vec<u32>, Combined<WordsOfText>) {
        let mut pane = a.pane;
        for (count, other) in pane.iter_mut().zip(&b.pane) {
            *count += other;
        }
        for word in a.new.into_iter().chain(b.new) {
            let number = self.words.number(word) as usize;
            pane.resize(self.words.keys().len(), 0);
            pane[number] += 1;
        }
        let mut long = Combined::<WordsOfText>::default();
        for word in a.long.into_iter().chain(b.long) {
            *long.entry(word).or_insert(0) += 1;
        }
        (pane, long)
    }

    /// Puts a pane in, and takes the oldest one out.
    fn enter(&mut self, pane: Vec<u32>, threads: usize) -> u64 {
        let is_full = self.panes.len() == LENGTH as usize;
        let mut oldest = self.panes.pop_front_if(|_| is_full).unwrap_or_default();
        oldest.resize(pane.len(), 0);
        self.totals.resize(pane.len(), 0);
        let half = pane.len() / 2;
        let (words, other_words) = halves(self.words.keys());
        let (totals, other_totals) = self.totals.split_at_mut(half);
        let (a, b) = both(
            threads,
            || slid(words, totals, &pane[..half], &oldest[..half]),
            || slid(other_words, other_totals, &pane[half..], &oldest[half..]),
        );
        self.panes.push_back(pane);
        a.wrapping_add(b)
    }

    /// Gives the words new numbers if most are not in the window any more.
    fn forget(&mut self) {
        let live = self.totals.iter().filter(|total| **total > 0).count();
        if live * 2 < self.totals.len() {
            let numbers = 0..self.totals.len() as u32;
            let live: Vec<u32> = numbers
                .filter(|number| self.totals[*number as usize] > 0)
                .collect();
            self.words = self.words.kept(&live);
            self.totals = kept(&live, &self.totals);
            self.panes
                .iter_mut()
                .for_each(|pane| *pane = kept(&live, pane));
        }
    }
}

fn count(words: &Dictionary<Word>, blocks: &'static [Arc<Text>]) -> Counted {
    let mut pane = vec![0; words.keys().len()];
    let (mut new, mut long) = (Vec::new(), Vec::new());
    for block in blocks {
        let short = |group: &[Word]| count_group(words, group, &mut pane, &mut new);
        split(block.as_str(), short, |word| long.push(word));
    }
    Counted { pane, new, long }
}

#[inline(never)]
fn count_group(words: &Dictionary<Word>, group: &[Word], pane: &mut [u32], new: &mut Vec<Word>) {
    for (word, number) in group.iter().zip(words.find_group(group)) {
        match pane.get_mut(number as usize) {
            Some(count) => *count += 1,
            None => new.push(*word),
        }
    }
}

/// Changes totals by what comes in and what leaves, and gives the answer over those of words that are there.
fn slid(words: &[Word], totals: &mut [u64], new: &[u32], oldest: &[u32]) -> u64 {
    let panes = new.iter().zip(oldest);
    for (total, (new, oldest)) in totals.iter_mut().zip(panes) {
        *total = *total + u64::from(*new) - u64::from(*oldest);
    }
    let totals = words.iter().zip(totals).filter(|(_, total)| **total > 0);
    sum(totals.map(|(word, total)| item(word.len() as u64, *total)))
}
