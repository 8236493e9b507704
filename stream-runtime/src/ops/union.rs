//! `union`: several streams as one.

use crate::buckets::Records;
use crate::engine::Buckets;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Puts the records of several streams of one type together: first this stream's, then those
    /// of the others, in the order in which they are named. Write `a.union(b)` or `a.union(b, c)`.
    ///
    /// Shape: narrow, with several inputs; the partitions of all streams stand side by side. The
    /// records pass through a buffer, so that their order is kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn both(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.union(xs.map(|x| x + 4)).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(both, [[1, 2, 3, 4]]), [[1, 2, 3, 4, 5, 6, 7, 8]]);
    /// ```
    #[track_caller]
    pub fn union<const N: usize>(self, _others: [Stream<T>; N]) -> (Union, Stream<T>) {
        (
            Union {
                site: Site::here("union"),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::union`].
#[derive(Debug)]
pub struct Union {
    /// Where the operator stands.
    pub site: Site,
}

impl Union {
    /// The buffer of one task.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, buffer: &mut Vec<T>, record: T) {
        buffer.push(record);
    }

    /// Hands the buffer over.
    pub fn finish<T>(&self, buffer: Vec<T>, _: usize) -> Buckets<T> {
        vec![buffer]
    }

    /// The records of one partition.
    pub fn merge<T>(&self, buffers: Buckets<T>) -> impl Iterator<Item = T> {
        Records::of(buffers)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn three(xs: Stream<u64>, out: Sink<u64>) {
            let plus_ten = xs.map(|x| x + 10);
            xs.union(plus_ten, xs.filter(|x| *x > 1)).to(out);
        }
    );

    #[test]
    fn streams_follow_each_other_in_the_order_of_their_names() {
        assert_eq!(
            run_batches(three, [vec![1, 2], vec![]]),
            [vec![1, 2, 11, 12, 2], vec![]]
        );
    }
}
