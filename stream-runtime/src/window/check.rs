//! Windows beside naive ones, which compute every result again from all values.

use std::collections::VecDeque;
use std::fmt::Debug;

use fastrand::Rng;

use super::aggregate::Aggregate;

/// Lengths of windows, in steps.
pub(super) const LENGTHS: [u64; 6] = [1, 2, 3, 7, 30, 100];

/// A window over at most one value per step.
pub(super) struct Window<'a, V, A: Aggregate<V>> {
    aggregate: &'a A,
    cell: A::Cell,
    hash: u64,
    length: u64,
    values: VecDeque<(u64, V)>,
}

impl<'a, V: Clone, A: Aggregate<V>> Window<'a, V, A> {
    pub(super) fn new(aggregate: &'a A, length: u64, hash: u64) -> Self {
        Self {
            aggregate,
            cell: aggregate.cell(hash),
            hash,
            length,
            values: VecDeque::new(),
        }
    }

    /// Moves on to step `step`, in which there may be a value.
    pub(super) fn slide(&mut self, step: u64, value: Option<V>) {
        while let Some((of, _)) = self.values.front()
            && of + self.length <= step
            && let Some((of, old)) = self.values.pop_front()
        {
            match self.values.is_empty() {
                true => self.cell = self.aggregate.cell(self.hash),
                false => self.aggregate.leave(&mut self.cell, of, &old),
            }
        }
        if let Some(value) = value {
            self.aggregate.enter(&mut self.cell, step, &value);
            self.values.push_back((step, value));
        }
    }

    pub(super) fn result(&mut self, step: u64) -> Option<V> {
        self.aggregate.result(&mut self.cell, step)
    }

    pub(super) fn values(&self) -> Vec<(u64, V)> {
        self.values.iter().cloned().collect()
    }

    fn naive(&self, combine: impl Fn(V, V) -> V) -> Option<V> {
        let values = self.values.iter().map(|(_, value)| value.clone());
        values.reduce(combine)
    }
}

/// Slides windows of several lengths over random values with random gaps.
pub(super) fn against_naive<V: Clone + Debug + PartialEq, A: Aggregate<V>>(
    aggregate: &A,
    value: impl Fn(&mut Rng) -> V,
    combine: impl Fn(V, V) -> V,
) {
    for length in LENGTHS {
        of_length(length, aggregate, &value, &combine);
    }
}

/// Slides windows of one length over random values with random gaps.
pub(super) fn of_length<V: Clone + Debug + PartialEq, A: Aggregate<V>>(
    length: u64,
    aggregate: &A,
    value: impl Fn(&mut Rng) -> V,
    combine: impl Fn(V, V) -> V,
) {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        let mut window = Window::new(aggregate, length, rng.u64(..));
        let (mut step, share) = (0, rng.u8(1..=8));
        for _ in 0..500 {
            // Now and then the job was down for a while.
            step += match rng.u8(..50) {
                0 => rng.u64(1..=2 * length),
                _ => 1,
            };
            let value = (rng.u8(..8) < share).then(|| value(&mut rng));
            window.slide(step, value);
            assert_eq!(
                window.result(step),
                window.naive(&combine),
                "length {length}, seed {seed}, step {step}"
            );
        }
    }
}
