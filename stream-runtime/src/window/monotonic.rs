//! A monotonic deque: for functions that choose one of their two values.

use std::collections::VecDeque;

use super::aggregate::Aggregate;
use crate::prefetch::prefetch;

/// Keeps the values that may still be chosen: a value that loses against a later one will never
/// win again, since the later one stays longer.
///
/// `select` should give one of its two arguments: minimum, maximum, first, last, the one with the
/// greater score. If it turns out to give something else, like the greater of each component, a
/// value still gives way to one that makes no difference to it, and the result is made of all that
/// are left: right for every function that is associative, but not in constant time.
///
/// Cost of a slide: one call of `select` for a value that enters and one for each value that it
/// beats, so less than two on average; what leaves and the result cost none. Memory: the values
/// that are not beaten, of random ones a logarithm of the window's length. After the monotonic
/// deque of folklore, and SlickDeque (Shein, Chrysanthis, Labrinidis, "SlickDeque: high throughput
/// and low latency incremental sliding-window aggregation", EDBT 2018).
#[derive(Debug)]
pub struct MonotonicDeque<F> {
    select: F,
}

impl<F> MonotonicDeque<F> {
    pub(crate) fn new(select: F) -> Self {
        Self { select }
    }
}

/// Values that may still be chosen, with the numbers of their steps.
#[derive(Debug)]
pub struct Candidates<V> {
    /// The oldest and best. It stands here, so that most keys need no deque.
    best: Option<(u64, V)>,
    /// The others, oldest and best first.
    others: VecDeque<(u64, V)>,
    /// Whether of any two values that met one was chosen: then the first is the best.
    all_selected: bool,
}

impl<V> Candidates<V> {
    #[inline(always)]
    fn last(&self) -> Option<&V> {
        let last = self.others.back().or(self.best.as_ref());
        last.map(|(_, value)| value)
    }

    #[inline(always)]
    fn drop_last(&mut self) {
        if self.others.pop_back().is_none() {
            self.best = None;
        }
    }
}

impl<V, F> Aggregate<V> for MonotonicDeque<F>
where
    V: Clone + PartialEq + Send + 'static,
    F: Fn(V, V) -> V + Sync,
{
    type Cell = Candidates<V>;

    #[inline(always)]
    fn combine(&self, a: V, b: V) -> V {
        (self.select)(a, b)
    }

    fn cell(&self, _: u64) -> Candidates<V> {
        Candidates {
            best: None,
            others: VecDeque::new(),
            all_selected: true,
        }
    }

    #[inline(always)]
    fn prefetch(&self, cell: &Candidates<V>) {
        cell.others.back().into_iter().for_each(prefetch);
    }

    #[inline]
    fn enter(&self, cell: &mut Candidates<V>, step: u64, value: &V) {
        while let Some(last) = cell.last() {
            let selected = (self.select)(last.clone(), value.clone());
            if selected != *value {
                cell.all_selected &= selected == *last;
                break;
            }
            cell.drop_last();
        }
        match cell.best {
            None => cell.best = Some((step, value.clone())),
            Some(_) => cell.others.push_back((step, value.clone())),
        }
    }

    #[inline]
    fn leave(&self, cell: &mut Candidates<V>, step: u64, _: &V) {
        // The values of a step leave together, so it does not matter which of them goes first.
        if cell.best.as_ref().is_some_and(|(of, _)| *of <= step) {
            cell.best = cell.others.pop_front();
        }
    }

    #[inline(always)]
    fn result(&self, cell: &mut Candidates<V>, _: u64) -> Option<V> {
        let (_, best) = cell.best.clone()?;
        if cell.all_selected {
            return Some(best);
        }
        let others = cell.others.iter().map(|(_, value)| value.clone());
        Some(others.fold(best, &self.select))
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
    fn what_is_no_selection_is_right_all_the_same() {
        let both = |a: u8, b: u8| a | b;
        check::against_naive(&MonotonicDeque::new(both), |rng| 1 << rng.u8(..8), both);
    }

    #[test]
    fn of_falling_values_all_are_kept_of_rising_ones_one() {
        let max = MonotonicDeque::new(|a: u64, b: u64| a.max(b));
        let (mut falling, mut rising) = (max.cell(0), max.cell(0));
        for pane in 0..100 {
            max.enter(&mut falling, pane, &(100 - pane));
            max.enter(&mut rising, pane, &pane);
        }
        assert_eq!((falling.others.len(), rising.others.len()), (99, 0));
    }
}
