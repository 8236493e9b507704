//! The ring of panes.

use std::collections::VecDeque;
use std::collections::vec_deque;

use crate::time::BatchTime;

/// What one batch adds to a window.
#[derive(Debug)]
pub(crate) struct Pane<P> {
    /// The time of the batch.
    pub(crate) time: BatchTime,
    /// What was added.
    pub(crate) content: P,
}

/// Panes in the order of time. A batch in which nothing came has none.
///
/// Adding and removing a pane takes constant time. Memory: the panes, and a ring of pointers at
/// most twice as long as the window.
#[derive(Debug)]
pub(crate) struct Panes<P> {
    ring: VecDeque<Pane<P>>,
}

impl<P> Default for Panes<P> {
    fn default() -> Self {
        Self {
            ring: VecDeque::new(),
        }
    }
}

impl<P> Panes<P> {
    /// Adds a pane, which is later than all others.
    pub(crate) fn push(&mut self, time: BatchTime, content: P) {
        debug_assert!(
            self.ring.back().is_none_or(|last| last.time < time),
            "panes come in the order of time"
        );
        self.ring.push_back(Pane { time, content });
    }

    /// Removes the oldest pane if it is not later than `end`.
    pub(crate) fn pop_until(&mut self, end: BatchTime) -> Option<Pane<P>> {
        self.ring.pop_front_if(|pane| pane.time <= end)
    }

    /// The panes, oldest first.
    pub(crate) fn iter(&self) -> vec_deque::Iter<'_, Pane<P>> {
        self.ring.iter()
    }

    /// The panes that are later than `time`, oldest first.
    pub(crate) fn after(&self, time: BatchTime) -> vec_deque::Iter<'_, Pane<P>> {
        let from = self.ring.partition_point(|pane| pane.time <= time);
        self.ring.range(from..)
    }

    /// The time of the latest pane.
    pub(crate) fn latest(&self) -> Option<BatchTime> {
        self.ring.back().map(|pane| pane.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times<'a>(panes: impl Iterator<Item = &'a Pane<u64>>) -> Vec<u64> {
        panes.map(|pane| pane.time.as_millis()).collect()
    }

    #[test]
    fn panes_leave_by_time() {
        let mut panes = Panes::default();
        for ms in [10, 20, 40] {
            panes.push(BatchTime::from_millis(ms), ms);
        }
        assert_eq!(times(panes.after(BatchTime::from_millis(10))), [20, 40]);
        let mut pop = |ms| panes.pop_until(BatchTime::from_millis(ms));
        assert_eq!(pop(9).map(|pane| pane.content), None);
        assert_eq!(pop(20).map(|pane| pane.content), Some(10));
        assert_eq!(pop(20).map(|pane| pane.content), Some(20));
        assert_eq!(pop(20).map(|pane| pane.content), None);
        assert_eq!(times(panes.iter()), [40]);
        assert_eq!(panes.latest(), Some(BatchTime::from_millis(40)));
    }
}
