//! Which slices of the images go into which commit.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{Checkpoint, Draft};

/// The least that a commit carries of each image, in bytes. More is written of what changes more, so
/// that a round is about as long as the state is large, and writing an image costs no more than
/// writing the changes.
const SLICE_MIN: usize = 16 << 10;

/// A round that is shorter than this, in bytes, is not worth a segment of its own.
const ROUND_MIN: usize = 1 << 20;

/// What a commit has of a state.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The types of key and value, at the state's first part in the round.
    pub(super) shape: Vec<u8>,
    pub(super) delta: Draft,
    pub(super) image: Draft,
}

impl Part {
    /// About how many bytes it makes.
    pub(super) fn len(&self) -> usize {
        self.shape.len() + self.delta.len() + self.image.len()
    }
}

/// The round under way.
#[derive(Debug)]
pub(super) struct Rounds {
    /// The states that must have been written before the round can be complete, although they were
    /// not yet opened.
    awaited: BTreeSet<String>,
    /// The states whose image is being written, and whether that is complete.
    begun: BTreeMap<String, bool>,
    /// About how long the round is so far.
    bytes: usize,
    round_min: usize,
}

impl Rounds {
    /// A round that is not complete before all of `awaited` were written.
    pub(super) fn new(awaited: impl IntoIterator<Item = String>) -> Self {
        Self {
            awaited: awaited.into_iter().collect(),
            begun: BTreeMap::new(),
            bytes: 0,
            round_min: ROUND_MIN,
        }
    }

    /// Rounds may be as short as they can be: for tests.
    #[cfg(test)]
    pub(super) fn make_short(&mut self) {
        self.round_min = 0;
    }

    /// All states are made again from what was written: their images begin anew.
    pub(super) fn restart(&mut self, awaited: impl IntoIterator<Item = String>) {
        self.awaited.extend(awaited);
        self.begun.clear();
    }

    /// What the next commit has of a state.
    pub(super) fn part(&mut self, name: &str, state: &mut dyn Checkpoint) -> Part {
        let mut part = Part::default();
        state.delta(&mut part.delta);
        self.awaited.remove(name);
        if !self.begun.contains_key(name) {
            state.begin_round();
            part.shape = state.shape().encode();
            self.begun.insert(name.to_owned(), false);
        }
        if let Some(complete @ false) = self.begun.get_mut(name) {
            *complete = state.image(&mut part.image, part.delta.len().max(SLICE_MIN));
        }
        part
    }

    /// A commit of about so many bytes is complete; whether it ends the round.
    pub(super) fn commit(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        let complete = self.awaited.is_empty() && self.begun.values().all(|&complete| complete);
        let ends = complete && self.bytes >= self.round_min;
        if ends {
            self.begun.clear();
            self.bytes = 0;
        }
        ends
    }
}
