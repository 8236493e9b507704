//! Which tasks of the stage under way have not ended.

use std::sync::atomic::{AtomicU64, Ordering};

/// Tasks that are followed one by one; the partitions behind them are not.
const FOLLOWED: usize = 1_024;

/// A bit for each task of the stage under way, which is taken away when the task has ended.
///
/// Written by the threads that run tasks and read by whoever wants to know what is stuck. A reader may
/// see a stage that is just being replaced by the next one: it is for people.
#[derive(Debug)]
pub(super) struct Board {
    unfinished: [AtomicU64; FOLLOWED / 64],
}

impl Default for Board {
    fn default() -> Self {
        Self {
            unfinished: [const { AtomicU64::new(0) }; FOLLOWED / 64],
        }
    }
}

impl Board {
    /// A stage with so many tasks begins.
    pub(super) fn begin(&self, tasks: usize) {
        for (at, word) in self.unfinished.iter().enumerate() {
            let bits = tasks.saturating_sub(at * 64).min(64);
            let mask = 1u64.checked_shl(bits as u32).unwrap_or(0).wrapping_sub(1);
            word.store(mask, Ordering::Relaxed);
            if bits < 64 {
                break;
            }
        }
    }

    /// The task of this number has ended.
    pub(super) fn end(&self, task: usize) {
        if let Some(word) = self.unfinished.get(task / 64) {
            word.fetch_and(!(1 << (task % 64)), Ordering::Relaxed);
        }
    }

    /// The tasks of a stage of so many that have not ended.
    pub(super) fn unfinished(&self, tasks: usize) -> Vec<usize> {
        let is_unfinished = |task: &usize| {
            let word = self.unfinished[task / 64].load(Ordering::Relaxed);
            word & (1 << (task % 64)) != 0
        };
        (0..tasks.min(FOLLOWED)).filter(is_unfinished).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_taken_off_as_they_end() {
        let board = Board::default();
        for tasks in [0, 1, 63, 64, 65, 130, FOLLOWED, FOLLOWED + 9] {
            board.begin(tasks);
            let all = tasks.min(FOLLOWED);
            assert_eq!(board.unfinished(tasks), Vec::from_iter(0..all));
            (0..tasks)
                .filter(|task| task % 3 > 0)
                .for_each(|task| board.end(task));
            let left: Vec<usize> = (0..all).step_by(3).collect();
            assert_eq!(board.unfinished(tasks), left, "{tasks} tasks");
        }
    }

    #[test]
    fn a_smaller_stage_does_not_show_the_tasks_of_a_larger_one() {
        let board = Board::default();
        board.begin(200);
        board.begin(2);
        assert_eq!(board.unfinished(2), [0, 1]);
    }
}
