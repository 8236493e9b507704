//! `queue`: batches that are given in advance.

use std::collections::VecDeque;
use std::fmt;

use crate::block::Rows;
use crate::error::Result;
use crate::receiver::{Source, SourceContext};
use crate::time::BatchTime;

/// An input that takes its batches from `rows`, one row a batch, and is finished when none is left.
///
/// It is Spark's `queueStream`, and made for tests and first steps. Each row is dealt out to the
/// job's partitions in runs of equal length, as Spark's `parallelize` does. `Stream<&str>` can be
/// fed with rows of `&'static str` or `String`, `Stream<&T>` and `Stream<T>` with rows of `T`.
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     fn show(words: Stream<&str>) {
///         words.print();
///     }
/// );
///
/// let job = show(queue([vec!["to", "be"], vec!["or"]]));
/// # let _ = job;
/// ```
pub fn queue<T, R>(rows: R) -> Queue<T>
where
    R: IntoIterator<Item: IntoIterator<Item = T>>,
{
    let rows = rows
        .into_iter()
        .map(|row| row.into_iter().collect())
        .collect();
    Queue {
        rows,
        all_at_once: false,
        default: None,
        partitions: 1,
    }
}

/// The source made by [`queue`].
pub struct Queue<T> {
    rows: VecDeque<Vec<T>>,
    all_at_once: bool,
    default: Option<Vec<T>>,
    partitions: usize,
}

impl<T> Queue<T> {
    /// Takes all rows that are left into one batch, one after the other, instead of one a batch.
    #[must_use]
    pub fn all_at_once(mut self) -> Self {
        self.all_at_once = true;
        self
    }

    /// The batch to give when no row is left. The input is never finished then.
    #[must_use]
    pub fn with_default(mut self, row: impl IntoIterator<Item = T>) -> Self {
        self.default = Some(row.into_iter().collect());
        self
    }

    fn next_row(&mut self) -> Vec<T>
    where
        T: Clone,
    {
        if self.rows.is_empty() {
            self.default.clone().unwrap_or_default()
        } else if self.all_at_once {
            self.rows.drain(..).flatten().collect()
        } else {
            self.rows.pop_front().unwrap_or_default()
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl<T: Clone + Send + Sync + 'static> Source for Queue<T> {
    type Block = Rows<T>;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.partitions = context.partitions;
        Ok(())
    }

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<T>>> {
        Ok(deal(self.next_row(), self.partitions))
    }

    fn is_finished(&self) -> bool {
        self.rows.is_empty() && self.default.is_none()
    }

    /// Rows that no batch has taken yet were not received.
    fn stop(&mut self) {
        self.rows.clear();
        self.default = None;
    }
}

/// Cuts a row into runs of equal length: partition `i` of `n` starts at `i * len / n`.
fn deal<T>(mut row: Vec<T>, partitions: usize) -> Vec<Rows<T>> {
    let len = row.len();
    let mut blocks: Vec<Rows<T>> = (0..partitions)
        .rev()
        .map(|index| Rows(row.split_off(index * len / partitions)))
        .collect();
    blocks.reverse();
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches<T: Clone + Send + Sync + 'static>(mut queue: Queue<T>, count: usize) -> Vec<Vec<T>> {
        (0..count)
            .map(|_| queue.batch(BatchTime::ZERO).unwrap().remove(0).0)
            .collect()
    }

    #[test]
    fn one_row_a_batch_or_all_at_once_and_then_the_default() {
        let rows = || queue([vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(batches(rows(), 3), [vec![1, 2, 3], vec![4, 5], vec![]]);
        assert_eq!(
            batches(rows().all_at_once(), 2),
            [vec![1, 2, 3, 4, 5], vec![]]
        );
        assert_eq!(batches(queue([[1]]).with_default([9]), 3), [[1], [9], [9]]);
    }

    #[test]
    fn rows_are_dealt_as_spark_does() {
        let blocks: Vec<Vec<i32>> = deal(vec![1, 2, 3, 4, 5], 2)
            .into_iter()
            .map(|rows| rows.0)
            .collect();
        assert_eq!(blocks, [vec![1, 2], vec![3, 4, 5]]);
        assert_eq!(deal(Vec::<i32>::new(), 3).len(), 3);
    }
}
