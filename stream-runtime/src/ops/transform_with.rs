//! `transform_with`: any function of the batches of two streams.

use crate::batch::Batch;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Applies `f` to the batches of this stream and of `other` as wholes: for what the other
    /// operators on two streams do not offer.
    ///
    /// `f` runs once a batch, when either or both are empty too.
    ///
    /// Shape: whole. Memory: the records of both batches are collected first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_two;
    /// stream!(
    ///     fn fuller(xs: Stream<u64>, ys: Stream<u64>, out: Sink<u64>) {
    ///         xs.transform_with(ys, |xs, ys| if ys.count() > xs.count() { ys } else { xs }).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_two(fuller, [vec![1, 2], vec![3]], [vec![9], vec![7, 8]]);
    /// assert_eq!(rows, [[1, 2], [7, 8]]);
    /// ```
    #[track_caller]
    pub fn transform_with<U, W, F>(self, _other: Stream<U>, f: F) -> (TransformWith<F>, Stream<W>)
    where
        F: Fn(Batch<T>, Batch<U>) -> Batch<W>,
    {
        (
            TransformWith {
                site: Site::here("transform_with"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::transform_with`].
#[derive(Debug)]
pub struct TransformWith<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> TransformWith<F> {
    /// The buffer of one task, of either stream.
    pub fn local<T>(&self) -> Vec<T> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<T>(&self, buffer: &mut Vec<T>, record: T) {
        buffer.push(record);
    }

    /// Hands the buffer over.
    pub fn finish<T>(&self, buffer: Vec<T>) -> Vec<T> {
        buffer
    }

    /// The batch that comes out.
    pub fn apply<T, U, W>(&self, batch: Batch<T>, other: Batch<U>) -> Batch<W>
    where
        F: Fn(Batch<T>, Batch<U>) -> Batch<W>,
    {
        (self.f)(batch, other)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_two;

    stream!(
        fn sizes(xs: Stream<u64>, words: Stream<&str>, out: Sink<(u64, u64, u64)>) {
            xs.transform_with(words, |xs, words| {
                let row = (xs.time().as_millis(), xs.count(), words.count());
                Batch::new(xs.time(), vec![vec![row]])
            })
            .to(out);
        }
    );

    #[test]
    fn both_batches_are_of_the_same_time() {
        let rows = run_two(sizes, [vec![1, 2], vec![], vec![3]], [vec![], vec!["a"]]);
        assert_eq!(rows, [[(1000, 2, 0)], [(2000, 0, 1)], [(3000, 1, 0)]]);
    }
}
