//! A monotonic deque: for functions that choose one of their two values.

use std::collections::VecDeque;
use std::fmt::Debug;

use super::aggregate::Aggregate;

/// Keeps the values that may still be chosen: a value that loses against a later one will never
/// win again, since the later one stays longer.
///
/// `select` must give one of its two arguments and be associative: minimum, maximum, first, last,
/// the one with the greater score.
///
/// Cost of a slide: one call of `select` for a value that enters and one for each value that it
/// beats, so less than two on average; what leaves and the result cost none. Memory: the values
/// that are not beaten, of random ones a logarithm of the window's length. After the monotonic
/// deque of folklore, and SlickDeque (Shein, Chrysanthis, Labrinidis, "SlickDeque: high throughput
/// and low latency incremental sliding-window aggregation", EDBT 2018).
#[derive(Debug)]
pub(crate) struct MonotonicDeque<F> {
    select: F,
}

impl<F> MonotonicDeque<F> {
    pub(crate) fn new(select: F) -> Self {
        Self { select }
    }
}

/// Values that may still be chosen, oldest and best first, with the numbers of their panes.
#[derive(Debug)]
pub(crate) struct Candidates<V> {
    deque: VecDeque<(u64, V)>,
}

impl<V, F> Aggregate<V> for MonotonicDeque<F>
where
    V: Clone + Debug + PartialEq + Send,
    F: Fn(V, V) -> V + Sync,
{
    type Cell = Candidates<V>;

    fn cell(&self, _: u64) -> Candidates<V> {
        Candidates {
            deque: VecDeque::new(),
        }
    }

    fn enter(&self, cell: &mut Candidates<V>, pane: u64, value: &V) {
        let beats = |last: &V| (self.select)(last.clone(), value.clone()) == *value;
        while cell.deque.back().is_some_and(|(_, last)| beats(last)) {
            cell.deque.pop_back();
        }
        cell.deque.push_back((pane, value.clone()));
    }

    fn leave(&self, cell: &mut Candidates<V>, pane: u64, _: &V) {
        if cell.deque.front().is_some_and(|(of, _)| *of <= pane) {
            cell.deque.pop_front();
        }
    }

    fn clear(&self, cell: &mut Candidates<V>) {
        cell.deque.clear();
    }

    fn result(&self, cell: &mut Candidates<V>, _: u64) -> Option<V> {
        cell.deque.front().map(|(_, value)| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::check;

    #[test]
    fn a_maximum_is_that_of_the_window() {
        check::against_naive(&MonotonicDeque::new(Ord::max), |rng| rng.u8(..), Ord::max);
    }

    #[test]
    fn not_a_number_gives_way_to_any_number() {
        let values = |rng: &mut fastrand::Rng| match rng.u8(..8) {
            0 => f64::NAN.to_bits(),
            n => f64::from(n).to_bits(),
        };
        let min = |a: u64, b: u64| f64::from_bits(a).min(f64::from_bits(b)).to_bits();
        check::against_naive(&MonotonicDeque::new(min), values, min);
    }

    #[test]
    fn of_falling_values_all_are_kept_of_rising_ones_one() {
        let max = MonotonicDeque::new(|a: u64, b: u64| a.max(b));
        let (mut falling, mut rising) = (max.cell(0), max.cell(0));
        for pane in 0..100 {
            max.enter(&mut falling, pane, &(100 - pane));
            max.enter(&mut rising, pane, &pane);
        }
        assert_eq!((falling.deque.len(), rising.deque.len()), (100, 1));
    }
}
