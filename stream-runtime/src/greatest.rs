//! The greatest of many records.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The greatest records that a task has seen.
#[derive(Debug)]
pub struct Greatest<T> {
    /// The least of those that are kept is on top; of two equal records it is the later one.
    heap: BinaryHeap<Reverse<(T, Reverse<u64>)>>,
    seen: u64,
}

impl<T: Ord> Greatest<T> {
    /// Nothing seen yet.
    pub(crate) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            seen: 0,
        }
    }

    /// Takes in `record`, if it is among the `k` greatest so far.
    #[inline(always)]
    pub(crate) fn offer(&mut self, record: T, k: usize) {
        self.seen += 1;
        if self.heap.len() < k {
            self.heap.push(Reverse((record, Reverse(self.seen))));
        } else if let Some(mut least) = self.heap.peek_mut()
            // An equal record came first and stays.
            && record > least.0.0
        {
            *least = Reverse((record, Reverse(self.seen)));
        }
    }

    /// The records that were kept, the greatest first.
    pub(crate) fn into_descending(self) -> Vec<T> {
        let ranked = self.heap.into_sorted_vec();
        ranked
            .into_iter()
            .map(|Reverse((record, _))| record)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_equal_records_the_first_stay_in_their_order() {
        let numbers = [1, 2, 1, 2, 1];
        let mut kept = Greatest::new();
        numbers.iter().for_each(|number| kept.offer(number, 3));
        let places = kept
            .into_descending()
            .into_iter()
            .map(|kept| numbers.iter().position(|number| std::ptr::eq(number, kept)));
        assert_eq!(Vec::from_iter(places), [Some(1), Some(3), Some(0)]);
    }
}
