//! A batch in hand: the partitioned records of one stream in one interval.

mod join;
mod keyed;
mod lookup;
mod order;
mod records;
mod reduce;

use std::iter::Flatten;
use std::{slice, vec};

use crate::time::BatchTime;

pub use lookup::Lookup;

/// The records of one batch, in partitions.
///
/// This is what [`transform`](crate::Stream::transform) and
/// [`for_each_batch`](crate::Stream::for_each_batch) hand to the user: for what the operators of
/// the language do not offer. Its methods are named after the operators and mean the same, but
/// they run at once, on this batch alone.
///
/// # Order
///
/// Records stand in partition order, and in the order of the input within a partition. Methods
/// keep that order and the partitions, unless they say otherwise. Keyed methods bring equal keys
/// together: each key goes to the partition that its hash says, where keys stand in order of first
/// appearance; so a batch of one partition keeps its order.
///
/// # Cost
///
/// Each partition is a task on the job's threads; a batch of fewer than some thousands of records
/// is worked through on the present thread, without handing tasks out. The results are the same
/// either way. There is one pass and one buffer per partition for each method, so several steps per
/// record are cheaper in one closure, and cheaper still as operators before the `transform`.
///
/// # Examples
///
/// ```
/// use stream_runtime::{Batch, BatchTime};
///
/// let batch = Batch::of(BatchTime::from_millis(1000), ["to", "be", "or", "not", "to", "be"]);
/// assert_eq!(batch.count(), 6);
/// let words = batch.count_by_value().sort_by_key(|(word, _)| *word);
/// assert_eq!(words.collect(), [("be", 2), ("not", 1), ("or", 1), ("to", 2)]);
/// ```
///
/// Join every batch with another data set, such as words that are known to be spam:
///
/// ```
/// use std::collections::HashMap;
/// use stream_runtime::prelude::*;
/// use stream_runtime::testing::run_batches;
///
/// stream!(
///     fn cleaned(words: Stream<&str>, spam: Broadcast<HashMap<String, bool>>, out: Sink<(&str, u64)>) {
///         words
///             .map(|word| (word, 1))
///             .reduce_by_key(|a, b| a + b)
///             .transform(|counts| {
///                 counts
///                     .left_outer_join_table(&spam)
///                     .filter(|(_, (_, spam))| *spam != Some(&true))
///                     .map(|(word, (count, _))| (word, count))
///             })
///             .to(out);
///     }
/// );
///
/// let spam = Broadcast::new(HashMap::from([("buy".to_owned(), true), ("hi".to_owned(), false)]));
/// let rows = run_batches(|words, out| cleaned(words, spam, out), [["buy", "hi", "buy", "now"]]);
/// assert_eq!(rows, [[("hi".to_owned(), 1), ("now".to_owned(), 1)]]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the methods of a batch give a new one"]
pub struct Batch<T> {
    time: BatchTime,
    partitions: Vec<Vec<T>>,
}

impl<T> Batch<T> {
    /// A batch of these partitions.
    pub fn new(time: BatchTime, partitions: Vec<Vec<T>>) -> Self {
        Self { time, partitions }
    }

    /// A batch of these records, in one partition.
    pub fn of(time: BatchTime, records: impl IntoIterator<Item = T>) -> Self {
        Self::new(time, vec![records.into_iter().collect()])
    }

    /// The time of the batch: the only clock that a pipeline should look at.
    pub fn time(&self) -> BatchTime {
        self.time
    }

    /// The partitions, in order.
    pub fn partitions(&self) -> &[Vec<T>] {
        &self.partitions
    }

    /// How many partitions there are, empty ones included.
    pub fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    /// Gives up the partitions.
    pub fn into_partitions(self) -> Vec<Vec<T>> {
        self.partitions
    }

    /// The records, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.into_iter()
    }

    /// The records as one vector, in order. A batch of one partition gives it up as it is.
    pub fn collect(mut self) -> Vec<T> {
        match self.partitions.len() {
            1 => self.partitions.remove(0),
            _ => self.partitions.into_iter().flatten().collect(),
        }
    }

    /// The records of this batch, then those of `other`: the partitions of both, one after the
    /// other. The time is this batch's.
    pub fn union(mut self, other: Self) -> Self {
        self.partitions.extend(other.partitions);
        self
    }

    /// The records in `partitions` runs of equal length, in their order: to have more tasks than
    /// partitions came, or fewer.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::of(BatchTime::ZERO, 1..=5).repartition(2);
    /// assert_eq!(batch.partitions(), [vec![1, 2], vec![3, 4, 5]]);
    /// ```
    ///
    /// # Panics
    ///
    /// If `partitions` is zero.
    pub fn repartition(self, partitions: usize) -> Self {
        assert!(partitions > 0, "a batch needs at least one partition");
        let (time, len) = (self.time, self.len());
        let mut records = self.into_iter();
        let runs = (0..partitions).map(|index| {
            let (start, end) = (index * len / partitions, (index + 1) * len / partitions);
            records.by_ref().take(end - start).collect()
        });
        Self::new(time, runs.collect())
    }

    /// How many records there are.
    fn len(&self) -> usize {
        self.partitions.iter().map(Vec::len).sum()
    }
}

impl<T> IntoIterator for Batch<T> {
    type Item = T;
    type IntoIter = Flatten<vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.partitions.into_iter().flatten()
    }
}

impl<'a, T> IntoIterator for &'a Batch<T> {
    type Item = &'a T;
    type IntoIter = Flatten<slice::Iter<'a, Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.partitions.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repartition_keeps_order_and_loses_nothing() {
        let batch = Batch::new(BatchTime::ZERO, vec![vec![1, 2, 3], vec![], vec![4, 5]]);
        for partitions in 1..8 {
            let dealt = batch.clone().repartition(partitions);
            assert_eq!(dealt.partition_count(), partitions);
            let (least, most) = (5 / partitions, 5usize.div_ceil(partitions));
            assert!(
                dealt
                    .partitions()
                    .iter()
                    .all(|run| (least..=most).contains(&run.len()))
            );
            assert_eq!(dealt.collect(), [1, 2, 3, 4, 5]);
        }
    }

    #[test]
    fn union_is_left_then_right() {
        let (left, right) = (Batch::of(BatchTime::ZERO, [3]), [1, 2]);
        let both = left.union(Batch::of(BatchTime::from_millis(1), right));
        assert_eq!(both.partitions(), [vec![3], vec![1, 2]]);
        assert_eq!(both.time(), BatchTime::ZERO);
        assert!(both.iter().eq(&[3, 1, 2]));
    }
}
