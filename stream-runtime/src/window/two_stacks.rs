//! Two stacks in one queue: for functions that are associative.

use std::collections::VecDeque;

use super::aggregate::Aggregate;

/// Keeps the values of the window in one queue, in two parts. Behind are the values as they came,
/// with their aggregate beside them; in front of them each place holds the aggregate from there to
/// the end of the front part. So the window is what stands first, combined with the aggregate of
/// the back, and the oldest value leaves by removing the first place. From time to time the queue
/// *turns*: all of it becomes the front part, in one pass from the end.
///
/// In the original the queue turns when the front part is used up. Here it turns at fixed times,
/// once in the length of a window, which is early enough, and for each key at others, as its hash
/// says. So the keys of a window do not turn all at once, however many came in at the same time,
/// and how a result is bracketed depends on the values and their times alone: a job that is restored, even with
/// another number of partitions, goes on with the very same bits, floating point included.
///
/// Cost of a slide: one call of `combine` for a value that enters, one in the pass of the next
/// turn, one for the result; the pass of a key takes as many as it has values. Memory: one value per
/// pane in which the key is, and one. After two-stacks lite (Tangwongsan, Hirzel, Schneider,
/// "In-order sliding-window aggregation in worst-case constant time", VLDB Journal 30, 2021).
#[derive(Debug)]
pub struct TwoStacks<F> {
    combine: F,
    /// How many steps the window is long.
    steps: u64,
}

impl<F> TwoStacks<F> {
    /// For windows of `steps` steps.
    pub(crate) fn new(combine: F, steps: u64) -> Self {
        Self { combine, steps }
    }
}

/// The two stacks of one key.
///
/// The first place of the front part stands here, not in the queue, so that the result of a key that
/// nothing has happened to is made without going to where its queue is.
#[derive(Debug)]
pub struct Stacks<V> {
    /// The first place of the front part.
    first: Option<V>,
    /// The aggregate of the values behind the front part.
    back: Option<V>,
    /// The other places of the front part, and then the values behind it.
    queue: VecDeque<V>,
    /// How many other places the front part has.
    front: usize,
    /// The queue turns after the values of this step, and of the steps that are whole lengths of the
    /// window later.
    turns_after: u64,
}

impl<V, F> Aggregate<V> for TwoStacks<F>
where
    V: Clone + Send + 'static,
    F: Fn(V, V) -> V + Sync,
{
    type Cell = Stacks<V>;

    #[inline(always)]
    fn combine(&self, a: V, b: V) -> V {
        (self.combine)(a, b)
    }

    fn cell(&self, hash: u64) -> Stacks<V> {
        Stacks {
            first: None,
            back: None,
            queue: VecDeque::new(),
            front: 0,
            // The middle of the hash: its ends choose the partition and the slot in a table.
            turns_after: (hash >> 24) % self.steps,
        }
    }

    #[inline]
    fn enter(&self, cell: &mut Stacks<V>, step: u64, value: &V) {
        self.turn_before(cell, step);
        cell.back = Some(match cell.back.take() {
            Some(back) => (self.combine)(back, value.clone()),
            None => value.clone(),
        });
        cell.queue.push_back(value.clone());
    }

    #[inline]
    fn leave(&self, cell: &mut Stacks<V>, step: u64, _: &V) {
        // A window with this value in it has none that is as late as that.
        self.turn_before(cell, step + self.steps);
        debug_assert!(cell.first.is_some(), "what leaves is in the front part");
        cell.first = match cell.front.checked_sub(1) {
            Some(front) => {
                cell.front = front;
                cell.queue.pop_front()
            }
            None => None,
        };
    }

    #[inline(always)]
    fn result(&self, cell: &mut Stacks<V>, step: u64) -> Option<V> {
        self.turn_before(cell, step + 1);
        match (cell.first.clone(), cell.back.clone()) {
            (Some(front), Some(back)) => Some((self.combine)(front, back)),
            (front, back) => front.or(back),
        }
    }
}

impl<F> TwoStacks<F> {
    /// Turns the queue if that is due before anything of step `step` is looked at.
    #[inline(always)]
    fn turn_before<V: Clone>(&self, cell: &mut Stacks<V>, step: u64)
    where
        F: Fn(V, V) -> V,
    {
        if cell.turns_after < step {
            self.turn(cell);
            let late = (step - cell.turns_after).div_ceil(self.steps);
            cell.turns_after += late * self.steps;
        }
    }

    /// Makes all of the queue the front part.
    #[inline(never)]
    fn turn<V: Clone>(&self, cell: &mut Stacks<V>)
    where
        F: Fn(V, V) -> V,
    {
        if let Some(first) = cell.first.take() {
            // When a window has not moved for a while, the front part is not used up: then it turns
            // once more with what is behind it, as if that had come by itself.
            let from = cell.front;
            let behind = self.aggregate_to_the_end(&mut cell.queue, from);
            let extended = |place: V| match &behind {
                Some(behind) => (self.combine)(place, behind.clone()),
                None => place,
            };
            for place in cell.queue.range_mut(..from) {
                *place = extended(place.clone());
            }
            cell.first = Some(extended(first));
        } else {
            self.aggregate_to_the_end(&mut cell.queue, 0);
            cell.first = cell.queue.pop_front();
        }
        cell.front = cell.queue.len();
        cell.back = None;
    }

    /// Makes of each value from a place on the aggregate from there to the end; gives the first.
    fn aggregate_to_the_end<V: Clone>(&self, queue: &mut VecDeque<V>, from: usize) -> Option<V>
    where
        F: Fn(V, V) -> V,
    {
        let mut to_the_end: Option<V> = None;
        for value in queue.range_mut(from..).rev() {
            if let Some(after) = to_the_end {
                *value = (self.combine)(value.clone(), after);
            }
            to_the_end = Some(value.clone());
        }
        to_the_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::check::{self, Window};

    /// Associative, and not commutative.
    fn concat(a: String, b: String) -> String {
        a + &b
    }

    #[test]
    fn a_string_is_that_of_the_window() {
        for panes in check::LENGTHS {
            let stacks = TwoStacks::new(concat, panes);
            check::of_length(panes, &stacks, |rng| rng.alphanumeric().to_string(), concat);
        }
    }

    /// What was combined with what.
    fn bracket(a: String, b: String) -> String {
        format!("({a}{b})")
    }

    #[test]
    fn brackets_do_not_depend_on_what_was_before_the_window() {
        let stacks = TwoStacks::new(bracket, 7);
        for hash in (0..8).map(|n| n << 24) {
            let mut old = Window::new(&stacks, 7, hash);
            for pane in 0..40u64 {
                old.slide(pane, (pane % 3 != 1).then(|| format!("{pane} ")));
                let mut young = Window::new(&stacks, 7, hash);
                for (pane, value) in old.values() {
                    young.slide(pane, Some(value));
                }
                young.slide(pane, None);
                assert_eq!(old.result(pane), young.result(pane), "pane {pane}");
            }
        }
    }

    #[test]
    fn keys_turn_at_different_times() {
        let stacks = TwoStacks::new(u64::wrapping_add, 100);
        let turns: std::collections::BTreeSet<u64> = (0..1_000u64)
            .map(|n| stacks.cell(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .map(|cell: Stacks<u64>| cell.turns_after)
            .collect();
        assert!(turns.len() > 90, "{} phases", turns.len());
    }
}
