//! `glom`: each partition as one record.

use crate::buckets::concat;
use crate::engine::Buckets;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Puts out one `Vec` for each partition, with the partition's records; an empty one for an
    /// empty partition.
    ///
    /// Shape: partition. Memory: the records of the batch, which are collected first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::TestRun;
    /// stream!(
    ///     fn partitions(words: Stream<&str>, out: Sink<Vec<&str>>) {
    ///         words.glom().to(out);
    ///     }
    /// );
    ///
    /// let rows = TestRun::new().partitions(2).run(partitions, [["to", "be", "or"]]);
    /// assert_eq!(rows, [[vec!["to"], vec!["be", "or"]]]);
    /// ```
    #[track_caller]
    pub fn glom(self) -> (Glom, Stream<Vec<T>>) {
        (
            Glom {
                site: Site::here("glom"),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::glom`].
#[derive(Debug)]
pub struct Glom {
    /// Where the operator stands.
    pub site: Site,
}

impl Glom {
    /// The records of one task.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, records: &mut Vec<T>, record: T) {
        records.push(record);
    }

    /// Hands the records over.
    pub fn finish<T>(&self, records: Vec<T>, _: usize) -> Buckets<T> {
        vec![records]
    }

    /// The partition as one record.
    pub fn merge<T>(&self, records: Buckets<T>) -> impl Iterator<Item = Vec<T>> {
        std::iter::once(concat(records))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn partitions(xs: Stream<u64>, out: Sink<Vec<u64>>) {
            xs.filter(|x| x % 2 == 1).glom().to(out);
        }
    );

    #[test]
    fn one_vec_for_each_partition_of_the_batch() {
        let run = TestRun::new().partitions(3);
        let rows = run.run(partitions, [vec![1, 2, 3, 4, 5, 7], vec![], vec![9]]);
        assert_eq!(
            rows,
            [
                vec![vec![1], vec![3], vec![5, 7]],
                vec![vec![]; 3],
                vec![vec![], vec![], vec![9]]
            ]
        );
    }
}
