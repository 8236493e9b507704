//! Joins with another batch and with tables.

use crate::engine::Buckets;
use crate::key::Key;
use crate::matching::matches;
use crate::parallel;
use crate::table::Entry;

use super::keyed::entries;
use super::{Batch, Lookup};

impl<K: Key, V: Clone + Send> Batch<(K, V)> {
    /// For each key, every value of this batch with every value of `other`. Keys go to partitions
    /// by their hash; the order of the pairs there depends on the batches alone. `other` is put
    /// into a table, so let the larger batch be this one.
    ///
    /// ```
    /// # use stream_runtime::{Batch, BatchTime};
    /// let names = Batch::of(BatchTime::ZERO, [(1, "ann"), (2, "bob")]);
    /// let cities = Batch::of(BatchTime::ZERO, [(2, "oslo"), (2, "rome")]);
    /// let both = names.join(cities).collect();
    /// assert_eq!(both, [(2, ("bob", "oslo")), (2, ("bob", "rome"))]);
    /// ```
    pub fn join<W: Clone + Send>(self, other: Batch<(K, W)>) -> Batch<(K, (V, W))> {
        self.matched(other, |left, right, joined| {
            matches::<false, false, K, V, W>(left, right, |key, left, right| {
                if let (Some(left), Some(right)) = (left, right) {
                    joined.push((key, (left, right)));
                }
            });
        })
    }

    /// As [`join`](Self::join), and each value without a match once, with `None`.
    pub fn left_outer_join<W: Clone + Send>(
        self,
        other: Batch<(K, W)>,
    ) -> Batch<(K, (V, Option<W>))> {
        self.matched(other, |left, right, joined| {
            matches::<true, false, K, V, W>(left, right, |key, left, right| {
                if let Some(left) = left {
                    joined.push((key, (left, right)));
                }
            });
        })
    }

    /// What `join` makes of the records of both batches in each partition of the keys.
    fn matched<W: Send, U: Send>(
        self,
        other: Batch<(K, W)>,
        join: impl Fn(Buckets<Entry<K, V>>, Buckets<Entry<K, W>>, &mut Vec<U>) + Sync,
    ) -> Batch<U> {
        let (time, records) = (self.time, self.len() + other.len());
        let width = self.width().max(other.width());
        let sides = self.shuffled(width, entries).into_iter();
        let sides = sides.zip(other.shuffled(width, entries)).collect();
        let joined = parallel::run(records, sides, |(left, right)| {
            let mut joined = Vec::new();
            join(left, right, &mut joined);
            joined
        });
        Batch::new(time, joined)
    }
}

impl<K: Send, V: Send> Batch<(K, V)> {
    /// Looks up the key of each record in `table`: a map, a broadcast map, or whatever implements
    /// [`Lookup`]. Records without a match are left out. Order and partitions are kept.
    ///
    /// What is found stays in the table; the records refer to it.
    ///
    /// ```
    /// # use std::collections::HashMap;
    /// # use stream_runtime::{Batch, BatchTime};
    /// let cities = HashMap::from([(1, "oslo".to_owned()), (2, "rome".to_owned())]);
    /// let visits = Batch::of(BatchTime::ZERO, [(2, "ann"), (7, "bob")]);
    /// let known = visits.join_table(&cities).map(|(_, (name, city))| (name, city.as_str()));
    /// assert_eq!(known.collect(), [("ann", "rome")]);
    /// ```
    pub fn join_table<M>(self, table: &M) -> Batch<(K, (V, &M::Value))>
    where
        M: Lookup<K, Value: Sync> + Sync,
    {
        self.filter_map(|(key, value)| {
            let found = table.look_up(&key)?;
            Some((key, (value, found)))
        })
    }

    /// As [`join_table`](Self::join_table), with `None` beside each value without a match.
    pub fn left_outer_join_table<M>(self, table: &M) -> Batch<(K, (V, Option<&M::Value>))>
    where
        M: Lookup<K, Value: Sync> + Sync,
    {
        self.map(|(key, value)| {
            let found = table.look_up(&key);
            (key, (value, found))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::time::BatchTime;

    #[test]
    fn duplicates_give_the_product_and_the_left_side_its_order() {
        let left = Batch::of(BatchTime::ZERO, [("b", 1), ("a", 2), ("c", 3), ("b", 4)]);
        let right = Batch::of(BatchTime::ZERO, [("b", 10), ("a", 20), ("b", 30)]);
        let joined = left.clone().join(right.clone()).collect();
        let expected = [
            ("b", (1, 10)),
            ("b", (1, 30)),
            ("a", (2, 20)),
            ("b", (4, 10)),
            ("b", (4, 30)),
        ];
        assert_eq!(joined, expected);
        let outer = left.left_outer_join(right).collect();
        assert_eq!(outer[3], ("c", (3, None)));
        assert_eq!(outer.len(), 6);
    }

    #[test]
    fn sides_of_any_partitions_and_sizes_meet() {
        let left: Vec<(u64, u64)> = (0..6_000).map(|x| (x % 700, x)).collect();
        let right: Vec<(u64, u64)> = (0..900).map(|x| (x * 3, x)).collect();
        let expected: usize = left.iter().filter(|(key, _)| key % 3 == 0).count();
        for (lefts, rights) in [(1, 1), (2, 5), (4, 3)] {
            let left = Batch::of(BatchTime::ZERO, left.clone()).repartition(lefts);
            let right = Batch::of(BatchTime::ZERO, right.clone()).repartition(rights);
            let joined = left.join(right);
            assert_eq!(joined.partition_count(), lefts.max(rights));
            assert!(
                joined
                    .iter()
                    .all(|(key, (l, r))| l % 700 == *key && r * 3 == *key)
            );
            assert_eq!(joined.count(), expected as u64);
        }
    }

    #[test]
    fn tables_are_asked_with_borrowed_keys() {
        let spam = BTreeMap::from([("buy".to_owned(), true), ("hi".to_owned(), false)]);
        let words = Batch::of(BatchTime::ZERO, [("hi", 1), ("you", 2), ("buy", 3)]);
        let found = words.clone().join_table(&spam).collect();
        assert_eq!(found, [("hi", (1, &false)), ("buy", (3, &true))]);
        let all = words.left_outer_join_table(&spam).collect();
        assert_eq!(all[1], ("you", (2, None)));
    }
}
