//! The ring of panes.

use std::collections::VecDeque;
use std::collections::vec_deque;

use crate::time::BatchTime;

/// What the batches of one stretch of time add to a window.
#[derive(Debug, Clone)]
pub(crate) struct Pane<P> {
    /// The end of the stretch, or the last batch in it.
    pub(crate) time: BatchTime,
    /// What was added.
    pub(crate) content: P,
}

/// Panes in the order of time. A stretch in which nothing came has no pane.
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
    pub(crate) fn pop_until(&mut self, end: Option<BatchTime>) -> Option<Pane<P>> {
        let expired = self.ring.front()?.time <= end?;
        expired.then(|| self.ring.pop_front()).flatten()
    }

    /// The panes, oldest first.
    pub(crate) fn iter(&self) -> vec_deque::Iter<'_, Pane<P>> {
        self.ring.iter()
    }

    /// The panes that are not earlier than `time`, oldest first.
    pub(crate) fn since(&self, time: BatchTime) -> vec_deque::Iter<'_, Pane<P>> {
        let from = self.ring.partition_point(|pane| pane.time < time);
        self.ring.range(from..)
    }

    /// How many panes there are.
    pub(crate) fn len(&self) -> usize {
        self.ring.len()
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
        assert_eq!(times(panes.since(BatchTime::from_millis(11))), [20, 40]);
        let end = Some(BatchTime::from_millis(20));
        assert_eq!(panes.pop_until(end).map(|pane| pane.content), Some(10));
        assert_eq!(panes.pop_until(end).map(|pane| pane.content), Some(20));
        assert_eq!(panes.pop_until(end).map(|pane| pane.content), None);
        assert_eq!(panes.pop_until(None).map(|pane| pane.content), None);
        assert_eq!((times(panes.iter()), panes.len()), (vec![40], 1));
    }
}
