//! Windows in the order of time.

use super::timed::Windowed;
use crate::engine::Buckets;
use crate::table::{Entry, Table};

/// Windows that come key by key, each with the position of its key, and are put in the order of time.
///
/// Mostly they are of few stretches of time, which many keys share: then there is a list for each, and
/// only the lists are sorted. Where there are many, as sessions have, all windows are.
#[derive(Debug)]
pub(super) struct Due<V> {
    /// The end and the start of the windows in each list.
    stretches: Table<(u64, u64), ()>,
    lists: Buckets<(u32, Windowed<V>)>,
    /// The list of the last window. The next window of a key mostly goes to the next list, since it did
    /// so for the first key.
    last: usize,
    /// Windows without a list.
    others: Vec<(u32, Windowed<V>)>,
}

/// So few lists are sorted in no time.
const LISTS_MAX: usize = 1 << 10;

impl<V> Default for Due<V> {
    fn default() -> Self {
        Self {
            stretches: Table::default(),
            lists: Vec::new(),
            last: 0,
            others: Vec::new(),
        }
    }
}

impl<V> Due<V> {
    /// Takes in a window of the key at a position, which is not before those of the other windows.
    #[inline]
    pub(super) fn put(&mut self, at: u32, window: Windowed<V>) {
        match self.list_of(stretch(&window)) {
            Some(list) => {
                self.last = list;
                self.lists[list].push((at, window));
            }
            None => self.others.push((at, window)),
        }
    }

    /// The list for a stretch of time, which may be a new one.
    #[inline]
    fn list_of(&mut self, sought: (u64, u64)) -> Option<usize> {
        let next = self.last + 1;
        let first = self.lists.get(next).and_then(|list| list.first());
        if first.is_some_and(|(_, window)| stretch(window) == sought) {
            return Some(next);
        }
        let entry = Entry::new(sought, ());
        if let Some(list) = self.stretches.find(&entry) {
            return Some(list);
        }
        (self.lists.len() < LISTS_MAX).then(|| {
            self.lists.push(Vec::new());
            self.stretches.add(entry)
        })
    }

    /// All windows by their end, of these by their start, and of these by the position of their key.
    pub(super) fn in_order(self) -> Buckets<(u32, Windowed<V>)> {
        let Self {
            mut lists, others, ..
        } = self;
        if others.is_empty() {
            lists.sort_by_key(|list| list.first().map(|(_, window)| stretch(window)));
            return lists;
        }
        lists.push(others);
        let mut all: Vec<_> = lists.into_iter().flatten().collect();
        all.sort_by_key(|(at, window)| (stretch(window), *at));
        vec![all]
    }
}

/// By what windows are ordered.
#[inline(always)]
fn stretch<V>(window: &Windowed<V>) -> (u64, u64) {
    (window.end.as_micros(), window.start.as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::BatchTime;

    #[test]
    fn however_many_stretches_there_are_windows_come_in_the_order_of_time() {
        for ends in [1, 7, LISTS_MAX as u64, 3 * LISTS_MAX as u64] {
            let (mut due, mut expected) = (Due::default(), Vec::new());
            for n in 0..20_000u64 {
                let (at, end) = (n / 3, 10 + n * 7 % ends);
                let window = Windowed {
                    start: BatchTime::from_micros(end - n % 2),
                    end: BatchTime::from_micros(end),
                    value: n,
                };
                due.put(at as u32, window);
                expected.push((at as u32, window));
            }
            expected.sort_by_key(|(at, window)| (window.end, window.start, *at));
            assert_eq!(due.in_order().concat(), expected, "{ends}");
        }
    }
}
