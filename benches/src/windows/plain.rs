//! As most people would write it: a map for each batch in the window, all of them combined at each slide.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::{LENGTH, of_word, pairs, text};
use crate::answer::{item, sum};
use crate::contest::{Times, timed_after};

fn slide<K: Hash + Eq + Clone>(
    slides: u64,
    batch: impl Fn(usize) -> HashMap<K, u64>,
    combine: impl Fn(u64, u64) -> u64,
    answer: impl Fn(&K, u64) -> u64,
) -> (u64, Times) {
    let (mut panes, mut next) = (VecDeque::new(), 0);
    timed_after(LENGTH, slides, || {
        if panes.len() == LENGTH as usize {
            panes.pop_front();
        }
        panes.push_back(batch(next));
        next += 1;
        let mut window: HashMap<K, u64> = HashMap::new();
        for (key, value) in panes.iter().flatten() {
            let total = window.entry(key.clone());
            total
                .and_modify(|total| *total = combine(*total, *value))
                .or_insert(*value);
        }
        sum(window.iter().map(|(key, value)| answer(key, *value)))
    })
}

pub(super) fn of_words(slides: u64) -> (u64, Times) {
    let batch = |number: usize| {
        let mut counts = HashMap::new();
        let blocks = &text()[number % text().len()];
        for line in blocks.iter().flat_map(|block| block.as_str().lines()) {
            for word in line.split_whitespace() {
                *counts.entry(word.to_owned()).or_insert(0) += 1;
            }
        }
        counts
    };
    slide(
        slides,
        batch,
        |a, b| a + b,
        |word: &String, count| of_word(word, count),
    )
}

pub(super) fn of_maximum(slides: u64) -> (u64, Times) {
    let batch = |number: usize| {
        let mut largest = HashMap::new();
        let blocks = &pairs()[number % pairs().len()];
        for (key, value) in blocks.iter().flat_map(|block| block.0.iter().copied()) {
            let entry = largest.entry(key).or_insert(value);
            *entry = value.max(*entry);
        }
        largest
    };
    slide(slides, batch, u64::max, |key, value| item(*key, value))
}
