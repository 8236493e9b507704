//! `transform`: any function from batch to batch.

use crate::batch::Batch;
use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Applies `f` to each batch as a whole: for what the other operators do not offer, such as a
    /// join with a table. The batch knows its time: [`Batch::time`].
    ///
    /// `f` runs once a batch, for empty ones too, and may look at variables that change. Its
    /// methods run in parallel on the partitions.
    ///
    /// Shape: whole. Memory: the batch's records are collected first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn largest_two(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.transform(|batch| batch.top_k(2)).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(largest_two, [vec![3, 9, 4], vec![1]]), [vec![9, 4], vec![1]]);
    /// ```
    #[track_caller]
    pub fn transform<U, F: Fn(Batch<T>) -> Batch<U>>(self, f: F) -> (Transform<F>, Stream<U>) {
        (
            Transform {
                site: Site::here("transform"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::transform`].
#[derive(Debug)]
pub struct Transform<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> Transform<F> {
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
    pub fn finish<T>(&self, buffer: Vec<T>) -> Vec<T> {
        buffer
    }

    /// The batch that comes out.
    pub fn apply<T, U>(&self, batch: Batch<T>) -> Batch<U>
    where
        F: Fn(Batch<T>) -> Batch<U>,
    {
        (self.f)(batch)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn stamped(xs: Stream<u64>, out: Sink<(u64, u64)>) {
            xs.transform(|batch| {
                let time = batch.time().as_millis();
                batch.map(move |x| (time, x))
            })
            .to(out);
        }
    );

    #[test]
    fn a_batch_knows_its_time() {
        assert_eq!(
            run_batches(stamped, [vec![7], vec![], vec![8]]),
            [vec![(1000, 7)], vec![], vec![(3000, 8)]]
        );
    }
}
