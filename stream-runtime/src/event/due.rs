//! Windows in the order of time.

use super::timed::Windowed;
use crate::table::{Entry, Table};
use crate::time::BatchTime;

/// Windows that come key by key, each with the position of its key, and are put in the order of time.
///
/// Mostly they are of few stretches of time, which many keys share: then there is a list for each, and
/// only the lists are sorted. Where there are many, as sessions have, all windows are.
#[derive(Debug)]
pub(crate) struct Due<V> {
    /// Which list each stretch of time has.
    stretches: Table<Stretch, ()>,
    lists: Vec<(Stretch, Vec<(u32, V)>)>,
    /// The list of the last window. The next window of a key mostly goes to the next list, since it did
    /// so for the first key.
    last: usize,
    /// Windows without a list.
    others: Vec<(Stretch, (u32, V))>,
}

/// The end and the start of a window, by which windows are ordered.
type Stretch = (u64, u64);

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
        let stretch = (window.end.as_micros(), window.start.as_micros());
        match self.list_of(stretch) {
            Some(list) => {
                self.last = list;
                self.lists[list].1.push((at, window.value));
            }
            None => self.others.push((stretch, (at, window.value))),
        }
    }

    /// The list for a stretch of time, which may be a new one.
    #[inline]
    fn list_of(&mut self, sought: Stretch) -> Option<usize> {
        let next = self.last + 1;
        if self.lists.get(next).is_some_and(|list| list.0 == sought) {
            return Some(next);
        }
        let entry = Entry::new(sought, ());
        if let Some(list) = self.stretches.find(&entry) {
            return Some(list);
        }
        (self.lists.len() < LISTS_MAX).then(|| {
            self.lists.push((sought, Vec::new()));
            self.stretches.add(entry)
        })
    }

    /// All windows by their end, of these by their start, and of these by the position of their key.
    pub(crate) fn into_ordered(mut self) -> impl Iterator<Item = (u32, Windowed<V>)> {
        if !self.others.is_empty() {
            for (stretch, list) in self.lists.drain(..) {
                let windows = list.into_iter().map(|window| (stretch, window));
                self.others.extend(windows);
            }
            self.others
                .sort_by_key(|(stretch, (at, _))| (*stretch, *at));
        }
        self.lists.sort_by_key(|(stretch, _)| *stretch);
        let listed = self.lists.into_iter().flat_map(|(stretch, list)| {
            let windows = list.into_iter();
            windows.map(move |window| (stretch, window))
        });
        listed
            .chain(self.others)
            .map(|((end, start), (at, value))| {
                let [start, end] = [start, end].map(BatchTime::from_micros);
                (at, Windowed { start, end, value })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(due.into_ordered().eq(expected), "{ends}");
        }
    }
}
