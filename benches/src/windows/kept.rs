//! What the peers share: batches, and windows to keep beside them, since they have none that slide so.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use super::{LENGTH, of_word};
use crate::answer::{item, sum};
use crate::by_hand::Map;
use crate::contest::Times;

/// The batch with this number, out of those that are given again and again.
pub(super) fn batch_of<B>(batches: &'static [Vec<Arc<B>>], number: u64) -> &'static [Arc<B>] {
    &batches[number as usize % batches.len()]
}

/// Leaves the time of the batches out with which a window fills.
pub(super) fn slid((answer, times): (u64, Times)) -> (u64, Times) {
    (answer, times[LENGTH as usize..].to_vec())
}

/// Counts of words: what leaves is subtracted.
#[derive(Debug)]
pub(super) struct Counts<W> {
    panes: VecDeque<Map<W, u64>>,
    totals: Map<W, u64>,
}

impl<W> Default for Counts<W> {
    fn default() -> Self {
        Self {
            panes: VecDeque::new(),
            totals: Map::default(),
        }
    }
}

impl<W: AsRef<str> + Hash + Eq + Clone> Counts<W> {
    /// Takes a batch in and the oldest one out; gives the answer over all words in the window.
    pub(super) fn slide(&mut self, pane: Map<W, u64>) -> u64 {
        if self.panes.len() == LENGTH as usize {
            self.panes
                .pop_front()
                .into_iter()
                .flatten()
                .for_each(|(word, count)| self.leave(&word, count));
        }
        for (word, count) in &pane {
            match self.totals.get_mut(word) {
                Some(total) => *total += count,
                None => drop(self.totals.insert(word.clone(), *count)),
            }
        }
        self.panes.push_back(pane);
        sum(self
            .totals
            .iter()
            .map(|(word, total)| of_word(word.as_ref(), *total)))
    }

    fn leave(&mut self, word: &W, count: u64) {
        if let Some(total) = self.totals.get_mut(word) {
            *total -= count;
            if *total == 0 {
                self.totals.remove(word);
            }
        }
    }
}

/// The largest values of keys: each has a monotonic deque of batches and values.
#[derive(Debug, Default)]
pub(super) struct Largest {
    batch: u64,
    deques: Map<u64, VecDeque<(u64, u64)>>,
}

impl Largest {
    /// Takes a batch in and the oldest one out; gives the answer over all keys in the window.
    pub(super) fn slide(&mut self, pane: Map<u64, u64>) -> u64 {
        for (key, value) in pane {
            let deque = self.deques.entry(key).or_default();
            while deque.back().is_some_and(|(_, last)| *last <= value) {
                deque.pop_back();
            }
            deque.push_back((self.batch, value));
        }
        self.batch += 1;
        let (oldest, mut answer) = (self.batch.saturating_sub(LENGTH), 0u64);
        self.deques.retain(|key, deque| {
            while deque.front().is_some_and(|(batch, _)| *batch < oldest) {
                deque.pop_front();
            }
            let largest = deque.front().map(|(_, value)| item(*key, *value));
            answer = answer.wrapping_add(largest.unwrap_or(0));
            largest.is_some()
        });
        answer
    }
}
