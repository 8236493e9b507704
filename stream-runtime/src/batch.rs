//! A batch in hand: the partitioned records of one stream in one interval.

use crate::time::BatchTime;

/// The records of one batch, in partitions.
///
/// This is what [`transform`](crate::Stream::transform) and
/// [`for_each_batch`](crate::Stream::for_each_batch) hand to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<T> {
    time: BatchTime,
    partitions: Vec<Vec<T>>,
}

impl<T> Batch<T> {
    /// A batch of these partitions.
    pub fn new(time: BatchTime, partitions: Vec<Vec<T>>) -> Self {
        Self { time, partitions }
    }

    /// The time of the batch.
    pub fn time(&self) -> BatchTime {
        self.time
    }

    /// The partitions, in order.
    pub fn partitions(&self) -> &[Vec<T>] {
        &self.partitions
    }

    /// Gives up the partitions.
    pub fn into_partitions(self) -> Vec<Vec<T>> {
        self.partitions
    }
}

impl<T: Send> Batch<T> {
    /// PLACEHOLDER
    pub fn map<U: Send>(self, f: impl Fn(T) -> U + Sync) -> Batch<U> {
        let partitions = self
            .partitions
            .into_iter()
            .map(|p| p.into_iter().map(&f).collect())
            .collect();
        Batch {
            time: self.time,
            partitions,
        }
    }
    /// PLACEHOLDER
    pub fn top_k(mut self, k: usize) -> Batch<T>
    where
        T: Ord,
    {
        let mut all: Vec<T> = self.partitions.drain(..).flatten().collect();
        all.sort_by(|a, b| b.cmp(a));
        all.truncate(k);
        Batch {
            time: self.time,
            partitions: vec![all],
        }
    }
    /// PLACEHOLDER
    pub fn count(&self) -> u64 {
        self.partitions.iter().map(|p| p.len() as u64).sum()
    }
    /// PLACEHOLDER
    pub fn sum(&self) -> T
    where
        T: Copy + std::iter::Sum,
    {
        self.partitions.iter().flatten().copied().sum()
    }
    /// PLACEHOLDER
    pub fn for_each(&self, f: impl Fn(&T)) {
        self.partitions.iter().flatten().for_each(f)
    }
}
