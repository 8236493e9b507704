//! DABA lite: for functions that are associative, in constant time whatever happens.

use std::collections::VecDeque;

use super::aggregate::Aggregate;

/// Two stacks whose turning is done ahead of time, a step with every value that enters or leaves.
///
/// Cost: at most three calls of `combine` for a value that enters, two for one that leaves, and
/// one for the result, always: there is no long slide. Two stacks need fewer on average. Memory: one
/// value per pane in which the key is, and two. The de-amortized bankers' aggregator, its lite
/// form (Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in worst-case
/// constant time", VLDB Journal 30, 2021).
#[derive(Debug)]
pub struct Daba<F> {
    combine: F,
}

impl<F> Daba<F> {
    pub(crate) fn new(combine: F) -> Self {
        Self { combine }
    }
}

/// The queue of one key. Its parts, by place:
///
/// | from | to | a place holds |
/// |---|---|---|
/// | 0 | `left` | the aggregate from there to `back` |
/// | `left` | `right` | the aggregate from there to `right` |
/// | `right` | `ahead` | a value |
/// | `ahead` | `back` | the aggregate from there to `back` |
/// | `back` | the end | a value |
///
/// `left..right` and `right..ahead` are equally long, so they are used up at the same step.
#[derive(Debug)]
pub struct Queue<V> {
    places: VecDeque<V>,
    left: usize,
    right: usize,
    ahead: usize,
    back: usize,
    /// The aggregate of `right..back`.
    middle: Option<V>,
    /// The aggregate of `back..`.
    tail: Option<V>,
}

impl<V, F> Aggregate<V> for Daba<F>
where
    V: Clone + Send + 'static,
    F: Fn(V, V) -> V + Sync,
{
    type Cell = Queue<V>;

    #[inline(always)]
    fn combine(&self, a: V, b: V) -> V {
        (self.combine)(a, b)
    }

    fn cell(&self, _: u64) -> Queue<V> {
        Queue {
            places: VecDeque::new(),
            left: 0,
            right: 0,
            ahead: 0,
            back: 0,
            middle: None,
            tail: None,
        }
    }

    fn enter(&self, cell: &mut Queue<V>, _: u64, value: &V) {
        cell.tail = self.both(cell.tail.take(), Some(value.clone()));
        cell.places.push_back(value.clone());
        self.step(cell);
    }

    fn leave(&self, cell: &mut Queue<V>, _: u64, _: &V) {
        cell.places.pop_front();
        for place in [
            &mut cell.left,
            &mut cell.right,
            &mut cell.ahead,
            &mut cell.back,
        ] {
            *place = place.saturating_sub(1);
        }
        self.step(cell);
    }

    fn result(&self, cell: &mut Queue<V>, _: u64) -> Option<V> {
        let front = cell.places.front().filter(|_| cell.back > 0);
        self.both(front.cloned(), cell.tail.clone())
    }
}

impl<F> Daba<F> {
    /// One step of the work ahead.
    fn step<V: Clone>(&self, cell: &mut Queue<V>)
    where
        F: Fn(V, V) -> V,
    {
        if cell.back == 0 {
            all_in_front(cell);
            return;
        }
        if cell.left == cell.back {
            turn(cell);
        }
        if cell.left == cell.right {
            cell.left += 1;
            cell.right += 1;
            cell.ahead += 1;
        } else {
            self.shrink(cell);
        }
    }

    /// Brings the first place of `left..right` up to date, and the last one of `right..ahead`.
    fn shrink<V: Clone>(&self, cell: &mut Queue<V>)
    where
        F: Fn(V, V) -> V,
    {
        if let Some(middle) = &cell.middle {
            let place = &mut cell.places[cell.left];
            *place = (self.combine)(place.clone(), middle.clone());
        }
        cell.left += 1;
        let after = (cell.ahead < cell.back).then(|| cell.places[cell.ahead].clone());
        cell.ahead -= 1;
        if let Some(after) = after {
            let place = &mut cell.places[cell.ahead];
            *place = (self.combine)(place.clone(), after);
        }
    }

    fn both<V>(&self, first: Option<V>, second: Option<V>) -> Option<V>
    where
        F: Fn(V, V) -> V,
    {
        match (first, second) {
            (Some(first), Some(second)) => Some((self.combine)(first, second)),
            (first, second) => first.or(second),
        }
    }
}

/// A queue of at most one value, which is its own aggregate.
fn all_in_front<V>(cell: &mut Queue<V>) {
    let len = cell.places.len();
    debug_assert!(len <= 1, "the front part is used up before there are more");
    (cell.left, cell.right, cell.ahead, cell.back) = (len, len, len, len);
    (cell.middle, cell.tail) = (None, None);
}

/// The back becomes the part that is worked on, behind a front that is done.
fn turn<V>(cell: &mut Queue<V>) {
    cell.left = 0;
    cell.right = cell.back;
    (cell.ahead, cell.back) = (cell.places.len(), cell.places.len());
    cell.middle = cell.tail.take();
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::window::check;

    fn concat(a: String, b: String) -> String {
        a + &b
    }

    #[test]
    fn a_string_is_that_of_the_window() {
        check::against_naive(
            &Daba::new(concat),
            |rng| rng.alphanumeric().to_string(),
            concat,
        );
    }

    thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });

    fn counted(a: u64, b: u64) -> u64 {
        CALLS.set(CALLS.get() + 1);
        a.wrapping_add(b)
    }

    #[test]
    fn no_slide_is_long() {
        let daba = Daba::new(counted);
        for length in [1, 2, 3, 10, 1_000] {
            let mut window = check::Window::new(&daba, length, 0);
            for pane in 0..5_000 {
                CALLS.set(0);
                window.slide(pane, Some(pane));
                window.result(pane);
                assert!(CALLS.get() <= 6, "{} calls", CALLS.get());
            }
        }
    }
}
