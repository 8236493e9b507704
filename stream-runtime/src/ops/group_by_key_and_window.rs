//! `group_by_key_and_window`: gathers the values of each key over the last few batches.

use std::collections::VecDeque;
use std::time::Duration;

use super::windowed::{Moving, Windowed, dealt};
use crate::combining::Combining;
use crate::engine::{Buckets, Exchange};
use crate::key::{Key, StateKey};
use crate::state::Kept;
use crate::stream::{Pair, Stream};
use crate::table::Entry;
use crate::window::{Group, Groups};

impl<T> Stream<T> {
    /// Gathers the values of each key in the batches of the last `length`, and puts out pairs of key
    /// and vector every `slide`; at every batch without a slide.
    ///
    /// The values of a key come oldest batch first; within a batch in the order of their partitions,
    /// and within a partition in the order of the input. At a batch at which the window does not
    /// move, nothing after it runs.
    ///
    /// It keeps every value. Where a function combines them,
    /// [`reduce_by_key_and_window`](Self::reduce_by_key_and_window) is far cheaper.
    ///
    /// Shape: wide; remembers. Cost: a slide copies every value in the window. Memory: every value
    /// in the window, and some 40 bytes for each batch and key in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[batch(1s)]
    ///     fn paths(visits: Stream<(u64, String)>, out: Sink<(u64, Vec<String>)>) {
    ///         visits.group_by_key_and_window(2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let visit = |page: &str| [(7, page.to_owned())];
    /// let rows = run_batches(paths, [visit("/"), visit("/a"), visit("/b")]);
    /// assert_eq!(rows[1], [(7, vec!["/".to_owned(), "/a".to_owned()])]);
    /// assert_eq!(rows[2], [(7, vec!["/a".to_owned(), "/b".to_owned()])]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named. "cannot be kept from
    /// batch to batch": values borrow nothing, so put `.map_values(|v| v.to_owned())` before it.
    #[track_caller]
    pub fn group_by_key_and_window<'b>(
        self,
        length: Duration,
        slide: Duration,
    ) -> (
        Windowed<GroupByKeyAndWindow, Groups>,
        Stream<(T::Key, Vec<T::Value>)>,
    )
    where
        T: Pair<Key: StateKey<'b> + Exchange<'b>, Value: Kept>,
    {
        let (name, operator) = ("group_by_key_and_window", GroupByKeyAndWindow);
        let kernel = Windowed::here(name, operator, Groups, (length, slide));
        (kernel, Stream::new())
    }
}

/// `group_by_key_and_window`: see [`Stream::group_by_key_and_window`].
#[derive(Debug)]
pub struct GroupByKeyAndWindow;

impl Windowed<GroupByKeyAndWindow, Groups> {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The table of one task.
    pub fn local<K: Key, V>(&self, room: usize) -> Combining<K, V, Group<V>> {
        Combining::with_room(room)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<K: Key, V: Clone>(&self, table: &mut Combining<K, V, Group<V>>, record: (K, V)) {
        table.push(record, Group::of, Group::with);
    }

    /// Deals the table out to the partitions.
    pub fn finish<K: Key, V: Clone>(
        &self,
        table: Combining<K, V, Group<V>>,
        width: usize,
    ) -> Buckets<Entry<K, Group<V>>> {
        dealt(table.into_table(Group::of, Group::with), width)
    }

    /// Moves the window of one partition on.
    pub fn merge<'s, K: StateKey<'s>, V: Kept>(
        &self,
        moving: Moving<'s, K, Group<V>, VecDeque<Group<V>>>,
    ) -> impl Iterator<Item = (K, Vec<V>)> {
        let results = self.results(moving);
        results.map(|(key, group)| (key, group.into_values()))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn groups(pairs: Stream<(u8, u64)>, out: Sink<(u8, Vec<u64>)>) {
            pairs.group_by_key_and_window(2s).to(out);
        }
    );

    #[test]
    fn values_come_oldest_first_whatever_the_partitions() {
        for partitions in 1..4 {
            let batches = [vec![(1, 5), (2, 3), (1, 4)], vec![(1, 1)], vec![], vec![]];
            let rows = sorted(TestRun::new().partitions(partitions).run(groups, batches));
            let expected = [
                vec![(1, vec![5, 4]), (2, vec![3])],
                vec![(1, vec![5, 4, 1]), (2, vec![3])],
                vec![(1, vec![1])],
                vec![],
            ];
            assert_eq!(rows, expected);
        }
    }
}
