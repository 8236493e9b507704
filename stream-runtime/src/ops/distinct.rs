//! `distinct`: each record of a batch once.

use std::convert::identity;

use crate::combining::{Combining, merge};
use crate::engine::Exchange;
use crate::key::Key;
use crate::parts::Dealt;
use crate::site::Site;
use crate::stream::Stream;
use crate::table::Entry;

impl<T> Stream<T> {
    /// Keeps one of each set of equal records in a batch.
    ///
    /// Equal records are dropped in their own task first, so that at most one of them per task is
    /// shuffled. The order of what is left is that of first appearance, partition by partition.
    ///
    /// Shape: wide, by the whole record. Memory: one entry per distinct record of the batch, in
    /// each task that meets it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::{run_batches, sorted};
    /// stream!(
    ///     fn vocabulary(words: Stream<&str>, out: Sink<&str>) {
    ///         words.distinct().to(out);
    ///     }
    /// );
    ///
    /// let rows = sorted(run_batches(vocabulary, [vec!["to", "be", "to"], vec!["be"]]));
    /// assert_eq!(rows, [vec!["be", "to"], vec!["be"]]);
    /// ```
    #[track_caller]
    pub fn distinct<'b>(self) -> (Distinct, Stream<T>)
    where
        T: Key + Exchange<'b>,
    {
        (
            Distinct {
                site: Site::here("distinct"),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::distinct`].
#[derive(Debug)]
pub struct Distinct {
    /// Where the operator stands.
    pub site: Site,
}

impl Distinct {
    /// As many partitions as the job has.
    pub fn width(&self, default: usize) -> usize {
        default
    }

    /// The records that one task has met.
    pub fn local<T: Key>(&self, room: usize) -> Combining<T, (), ()> {
        Combining::with_room(room)
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T: Key>(&self, met: &mut Combining<T, (), ()>, record: T) {
        met.push((record, ()), identity, again);
    }

    /// Deals the records out to the partitions.
    pub fn finish<T: Key>(&self, met: Combining<T, (), ()>, width: usize) -> Vec<Dealt<T, ()>> {
        met.deal(width, identity, again)
    }

    /// The distinct records of one partition.
    pub fn merge<T: Key>(&self, met: Vec<Dealt<T, ()>>) -> impl Iterator<Item = T> {
        merge(met, |(), ()| ()).map(Entry::into_key)
    }
}

/// What is kept of a record that is met again: nothing more.
#[inline(always)]
fn again((): (), (): ()) {}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::{TestRun, sorted};

    stream!(
        fn distinct_pairs(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.distinct().to(out);
        }
    );

    #[test]
    fn each_record_once_whatever_the_partitions() {
        let batch = vec![("a", 1), ("b", 1), ("a", 1), ("a", 2), ("b", 1), ("a", 1)];
        let expected = [("a", 1), ("a", 2), ("b", 1)].map(|(key, n)| (key.to_owned(), n));
        for partitions in 1..5 {
            let run = TestRun::new().partitions(partitions);
            let rows = sorted(run.run(distinct_pairs, [batch.clone(), vec![]]));
            assert_eq!(rows, [expected.to_vec(), vec![]]);
        }
    }
}
