//! What a flaky source does next.

use std::collections::VecDeque;

use fastrand::Rng;

/// A record that is sent once more is one of so many before.
const BEFORE: u64 = 8;

/// How often a source is not honest, and the dice.
pub(super) struct Lies {
    rng: Rng,
    pub(super) disconnects: f64,
    pub(super) duplicates: f64,
    pub(super) reorders: f64,
    pub(super) idles: f64,
}

/// What comes of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Cut,
    Nothing,
    /// At most so many records.
    Records(usize),
}

impl Default for Lies {
    fn default() -> Self {
        Self {
            rng: Rng::with_seed(0),
            disconnects: 0.0,
            duplicates: 0.0,
            reorders: 0.0,
            idles: 0.0,
        }
    }
}

impl Lies {
    pub(super) fn seed(&mut self, seed: u64) {
        self.rng = Rng::with_seed(seed);
    }

    pub(super) fn read(&mut self) -> Read {
        if self.rng.f64() < self.disconnects {
            Read::Cut
        } else if self.rng.f64() < self.idles {
            Read::Nothing
        } else {
            Read::Records(self.rng.usize(1..=3))
        }
    }

    /// The numbers to be sent next, of those from `next` up to `end`: a few of them, in some order,
    /// and maybe one that was sent before, but not one below `kept`. The second is the next number.
    pub(super) fn stretch(&mut self, kept: u64, next: u64, end: u64) -> (VecDeque<u64>, u64) {
        let to = end.min(next + self.rng.u64(1..=4));
        let mut numbers: Vec<u64> = (next..to).collect();
        if self.rng.f64() < self.reorders {
            self.rng.shuffle(&mut numbers);
        }
        let before = kept.max(to.saturating_sub(BEFORE))..to;
        if !numbers.is_empty() && !before.is_empty() && self.rng.f64() < self.duplicates {
            numbers.push(self.rng.u64(before));
        }
        (numbers.into(), to)
    }
}
