//! `queue`: batches that are given in advance.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::block::Rows;
use crate::error::{Error, Result};
use crate::receiver::recovery::{decode, encode, unfit};
use crate::receiver::{Recovery, Source, SourceContext};
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
        taken: 0,
        all_at_once: false,
        default: None,
        given: Given::default(),
        input: String::new(),
        partitions: 1,
    }
}

/// The source made by [`queue`].
pub struct Queue<T> {
    rows: Vec<Vec<T>>,
    /// How many of `rows` were taken.
    taken: usize,
    all_at_once: bool,
    default: Option<Vec<T>>,
    given: Given,
    input: String,
    partitions: usize,
}

/// The position: how much the batches were given, of rows and of the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    rows: u64,
    defaults: u64,
}

const KIND: &str = "queue";

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

    /// How many rows no batch has taken yet.
    fn left(&self) -> usize {
        self.rows.len() - self.taken
    }

    /// What the next batch gives.
    fn next(&self) -> Given {
        let mut next = self.given;
        if self.left() == 0 {
            let more = u64::from(self.default.is_some());
            next.defaults = next.defaults.saturating_add(more);
        } else {
            next.rows += if self.all_at_once {
                self.left() as u64
            } else {
                1
            };
        }
        next
    }

    /// The records from the present position up to `end`; `None` when there are not so many.
    fn give(&mut self, end: Given) -> Option<Vec<T>>
    where
        T: Clone,
    {
        let rows = usize::try_from(end.rows.checked_sub(self.given.rows)?).ok()?;
        let defaults = end.defaults.checked_sub(self.given.defaults)?;
        if rows > self.left() || defaults > u64::from(self.default.is_some()) {
            return None;
        }
        let mut records = Vec::new();
        for row in &mut self.rows[self.taken..self.taken + rows] {
            records.append(row);
        }
        self.taken += rows;
        if defaults > 0
            && let Some(default) = &self.default
        {
            records.extend_from_slice(default);
        }
        self.given = end;
        Some(records)
    }

    fn too_few(&self, end: Given) -> Error {
        let rows = self.given.rows + self.left() as u64;
        let default = match self.default {
            Some(_) => "a default",
            None => "no default",
        };
        let Given {
            rows: had,
            defaults,
        } = end;
        unfit(
            &self.input,
            format_args!(
                "the checkpoint has taken {had} rows and {defaults} defaults, and the queue has {rows} rows and {default}"
            ),
        )
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("rows", &self.left())
            .finish_non_exhaustive()
    }
}

impl<T: Clone + Send + Sync + 'static> Source for Queue<T> {
    type Block = Rows<T>;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.partitions = context.partitions;
        self.input.clone_from(&context.input);
        Ok(())
    }

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Rows<T>>> {
        let row = self.give(self.next()).unwrap_or_default();
        Ok(deal(row, self.partitions))
    }

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        encode(KIND, &self.given)
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        self.start(context)?;
        let given: Given = decode(&self.input, KIND, position)?;
        if given.rows > self.rows.len() as u64 {
            return Err(self.too_few(given));
        }
        self.rows.drain(..given.rows as usize);
        self.taken = 0;
        self.given = given;
        Ok(())
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<Rows<T>>> {
        let end = decode(&self.input, KIND, end)?;
        let row = self.give(end).ok_or_else(|| self.too_few(end))?;
        Ok(deal(row, self.partitions))
    }

    fn is_finished(&self) -> bool {
        self.left() == 0 && self.default.is_none()
    }

    /// Rows that no batch has taken yet were not received.
    fn stop(&mut self) {
        self.rows.clear();
        self.taken = 0;
        self.default = None;
    }
}

/// Cuts a row into runs of equal length: partition `i` of `n` starts at `i * len / n`.
fn deal<T>(mut row: Vec<T>, partitions: usize) -> Vec<Rows<T>> {
    let len = row.len();
    let mut blocks = Vec::with_capacity(partitions);
    for index in (0..partitions).rev() {
        blocks.push(Rows(row.split_off(index * len / partitions)));
    }
    blocks.reverse();
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::{check_recovery, context};

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
    fn batches_come_again_after_a_crash() {
        let rows = || queue([vec![1, 2], vec![], vec![3], vec![4, 5]]);
        check_recovery(rows, 6);
        check_recovery(|| rows().with_default([9]), 7);
        check_recovery(|| rows().all_at_once().with_default([9]), 3);
    }

    #[test]
    fn rows_that_are_gone_are_an_error() {
        let context = context(&ManualClock::new());
        let time = BatchTime::ZERO;
        let mut before = queue([[1], [2], [3]]).with_default([4]);
        before.start(&context).unwrap();
        (0..3).for_each(|_| drop(before.batch(time).unwrap()));
        let three = before.position();
        before.batch(time).unwrap();
        let default = before.position();

        let error = queue([[1], [2]]).resume(&context, &three).unwrap_err();
        let expected = "input `input`: the checkpoint has taken 3 rows and 0 defaults, and the queue has 2 rows and no default: ";
        assert!(error.to_string().starts_with(expected), "{error}");
        let mut after = queue([[1], [2], [3]]);
        after.resume(&context, &three).unwrap();
        let error = after.replay(time, &default).unwrap_err().to_string();
        assert!(
            error.contains("1 defaults, and the queue has 3 rows and no default"),
            "{error}"
        );
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
