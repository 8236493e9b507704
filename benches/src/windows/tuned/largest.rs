//! The sliding maximum: two stacks of panes. The one from which panes leave has, for each of them, the maxima
//! over it and all that came after it; of the other one the maxima over all panes are known.

use std::sync::Arc;

use stream_runtime::Rows;

use super::{both, kept};
use crate::answer::{item, sum};
use crate::tuned::{Dictionary, GROUP, halves};
use crate::windows::LENGTH;

/// The largest value of each key, by number; nothing is less than any value.
type Pane = Vec<Option<u64>>;
type Pairs = Rows<(u64, u64)>;

/// Keys that are in the window, or were not long ago.
#[derive(Default)]
pub(super) struct Window {
    keys: Dictionary<u64>,
    /// The newest first.
    leaving: Vec<Pane>,
    /// The newest last.
    entered: Vec<Pane>,
    of_entered: Pane,
}

impl Window {
    /// Takes a batch in, and gives the answer over all keys.
    pub(super) fn slide(&mut self, blocks: &[Arc<Pairs>], threads: usize) -> u64 {
        let (first, second) = halves(blocks);
        let own = |blocks| combine(&self.keys, blocks);
        let ((mut pane, new), (other, other_new)) = both(threads, || own(first), || own(second));
        raise(&mut pane, &other);
        for (key, value) in new.into_iter().chain(other_new) {
            let number = self.keys.number(key) as usize;
            pane.resize(self.keys.keys().len(), None);
            pane[number] = pane[number].max(Some(value));
        }
        if self.leaving.len() + self.entered.len() == LENGTH as usize {
            self.leave();
        }
        self.of_entered.resize(pane.len(), None);
        raise(&mut self.of_entered, &pane);
        self.entered.push(pane);
        self.answer(threads)
    }

    /// Takes the oldest pane out. If none is ready to leave, the stacks turn.
    fn leave(&mut self) {
        if self.leaving.is_empty() {
            let mut maxima = vec![None; self.keys.keys().len()];
            while let Some(mut pane) = self.entered.pop() {
                raise(&mut maxima, &pane);
                pane.clone_from(&maxima);
                self.leaving.push(pane);
            }
            self.of_entered.fill(None);
        }
        self.leaving.pop();
    }

    /// The answer over the maxima of both stacks; forgets keys if most are in none.
    fn answer(&mut self, threads: usize) -> u64 {
        let mut maxima = self.of_entered.clone();
        raise(&mut maxima, self.leaving.last().map_or(&[], Vec::as_slice));
        let (keys, maxima_of) = (halves(self.keys.keys()), halves(&maxima));
        let (a, b) = both(
            threads,
            || answer(keys.0, maxima_of.0),
            || answer(keys.1, maxima_of.1),
        );
        self.forget(&maxima);
        a.wrapping_add(b)
    }

    /// Gives the keys new numbers if most are not in the window any more.
    fn forget(&mut self, maxima: &[Option<u64>]) {
        if maxima.iter().flatten().count() * 2 < maxima.len() {
            let numbers = 0..maxima.len() as u32;
            let live: Vec<u32> = numbers
                .filter(|number| maxima[*number as usize].is_some())
                .collect();
            self.keys = self.keys.kept(&live);
            let panes = self.leaving.iter_mut().chain(&mut self.entered);
            for pane in panes.chain([&mut self.of_entered]) {
                *pane = kept(&live, pane);
            }
        }
    }
}

/// The maxima of some blocks, and the pairs whose keys have no number yet.
fn combine(keys: &Dictionary<u64>, blocks: &[Arc<Pairs>]) -> (Pane, Vec<(u64, u64)>) {
    let (mut pane, mut new) = (vec![None; keys.keys().len()], Vec::new());
    for group in blocks.iter().flat_map(|block| block.0.chunks(GROUP)) {
        let mut sought = [0; GROUP];
        for (sought, pair) in sought.iter_mut().zip(group) {
            *sought = pair.0;
        }
        let numbers = keys.find_group(&sought[..group.len()]);
        for (pair, number) in group.iter().zip(numbers) {
            match pane.get_mut(number as usize) {
                Some(largest) => *largest = (*largest).max(Some(pair.1)),
                None => new.push(*pair),
            }
        }
    }
    (pane, new)
}

/// Puts the larger of two values in the place of the first, number by number.
fn raise(maxima: &mut [Option<u64>], others: &[Option<u64>]) {
    for (largest, other) in maxima.iter_mut().zip(others) {
        *largest = (*largest).max(*other);
    }
}

fn answer(keys: &[u64], maxima: &[Option<u64>]) -> u64 {
    let keys = keys.iter().zip(maxima);
    sum(keys.filter_map(|(key, largest)| Some(item(*key, (*largest)?))))
}
