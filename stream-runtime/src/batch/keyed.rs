//! What brings equal keys together.

use crate::buckets::deal;
use crate::combining::{add_to, merge_combined};
use crate::engine::{Buckets, transpose};
use crate::grouping::group;
use crate::key::Key;
use crate::parallel;
use crate::parts::Dealt;
use crate::table::{Entry, Table};

use super::Batch;

impl<K: Key, V: Send> Batch<(K, V)> {
    /// Combines the values of each key. Keys go to partitions by their hash, and stand there in
    /// order of first appearance.
    ///
    /// `combine` must be associative and commutative: values are first combined inside each
    /// partition.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let batch = Batch::of(BatchTime::ZERO, [("a", 1), ("b", 10), ("a", 2)]);
    /// assert_eq!(batch.reduce_by_key(|a, b| a + b).collect(), [("a", 3), ("b", 10)]);
    /// ```
    pub fn reduce_by_key(self, combine: impl Fn(V, V) -> V + Sync) -> Self {
        let (time, records, width) = (self.time, self.len(), self.width());
        let met = self.shuffled(width, |pairs| {
            let mut table = Table::default();
            for pair in pairs {
                add_to(&mut table, pair, |value| value, &combine);
            }
            table.into_entries()
        });
        let reduced = parallel::run(records, met, |buckets| {
            let met = buckets.into_iter().map(Dealt::distinct).collect();
            merge_combined(met, &combine).collect()
        });
        Self::new(time, reduced)
    }

    /// All values of each key, in their order. Keys go to partitions by their hash; their order
    /// there depends on the batch alone.
    pub fn group_by_key(self) -> Batch<(K, Vec<V>)> {
        let (time, records, width) = (self.time, self.len(), self.width());
        let met = self.shuffled(width, entries);
        let grouped = parallel::run(records, met, |buckets| group(buckets).collect());
        Batch::new(time, grouped)
    }

    /// What `local` makes of the pairs of each partition, brought to the partitions of the keys.
    pub(super) fn shuffled<S: Send>(
        self,
        width: usize,
        local: impl Fn(Vec<(K, V)>) -> Vec<Entry<K, S>> + Sync,
    ) -> Vec<Buckets<Entry<K, S>>> {
        let records = self.len();
        let deal = |pairs| deal(local(pairs), width);
        transpose(width, parallel::run(records, self.partitions, deal))
    }
}

impl<T: Key> Batch<T> {
    /// How often each record stands in the batch. Records go to partitions by their hash, and
    /// stand there in order of first appearance.
    pub fn count_by_value(self) -> Batch<(T, u64)> {
        self.map(|record| (record, 1)).reduce_by_key(|a, b| a + b)
    }

    /// Each record once. Records go to partitions by their hash, and stand there in order of first
    /// appearance.
    pub fn distinct(self) -> Self {
        self.map(|record| (record, ()))
            .reduce_by_key(|(), ()| ())
            .map(|(record, ())| record)
    }
}

impl<T> Batch<T> {
    /// Into how many partitions keys are dealt: as many as there are.
    pub(super) fn width(&self) -> usize {
        self.partitions.len().max(1)
    }
}

pub(super) fn entries<K: Key, V>(pairs: Vec<(K, V)>) -> Vec<Entry<K, V>> {
    let entries = pairs.into_iter().map(|(key, value)| Entry::new(key, value));
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::BatchTime;

    /// Words with their frequencies, in order of first appearance.
    fn counts(words: &[u64]) -> Vec<(u64, u64)> {
        let mut counts: Vec<(u64, u64)> = Vec::new();
        for word in words {
            match counts.iter_mut().find(|(seen, _)| seen == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((*word, 1)),
            }
        }
        counts
    }

    #[test]
    fn one_partition_keeps_the_order_of_first_appearance() {
        let batch = Batch::of(BatchTime::ZERO, [5, 7, 5, 9, 7, 5]);
        assert_eq!(
            batch.clone().count_by_value().collect(),
            [(5, 3), (7, 2), (9, 1)]
        );
        assert_eq!(batch.clone().distinct().collect(), [5, 7, 9]);
        let halves = batch.map(|x| (x, x * 2)).group_by_key();
        assert_eq!(
            halves.collect(),
            [(5, vec![10; 3]), (7, vec![14; 2]), (9, vec![18])]
        );
    }

    #[test]
    fn keys_meet_whatever_the_partitions() {
        let words: Vec<u64> = (0..9_000).map(|x| x * x % 1_013).collect();
        let mut expected = counts(&words);
        expected.sort();
        for partitions in 1..6 {
            let batch = Batch::of(BatchTime::ZERO, words.clone()).repartition(partitions);
            let counted = batch.clone().count_by_value();
            assert_eq!(counted.partition_count(), partitions);
            assert_eq!(counted.sort_by_key(|pair| *pair).collect(), expected);
            let places = batch.map(|word| (word, ())).group_by_key();
            let lens = places.map(|(word, units)| (word, units.len() as u64));
            assert_eq!(lens.sort_by_key(|pair| *pair).collect(), expected);
        }
    }
}
