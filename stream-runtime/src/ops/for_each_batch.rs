//! `for_each_batch`: the user's own output.

use std::io;

use crate::batch::Batch;
use crate::context::BatchContext;
use crate::site::Site;
use crate::stream::Stream;
use crate::time::BatchTime;

impl<T> Stream<T> {
    /// Hands each batch with its time to `f`, empty ones too: Spark's `foreachRDD`.
    ///
    /// `f` runs on the driver's thread after all stages of the batch. A batch that is run again
    /// after a failure reaches `f` again with the same time and the same records, so an output is
    /// exactly-once if it overwrites by time, or stores the time in the same transaction.
    ///
    /// Shape: output. Memory: the batch's records are collected first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_output;
    /// stream!(
    ///     fn totals(xs: Stream<u64>, seen: Accumulator<Collection<(u64, u64)>>) {
    ///         xs.for_each_batch(|batch, time| seen.add((time.as_millis(), batch.sum())));
    ///     }
    /// );
    ///
    /// let seen = Accumulator::named("seen");
    /// run_output(|xs| totals(xs, seen.clone()), [vec![1, 2], vec![]]);
    /// assert_eq!(seen.value(), [(1000, 3), (2000, 0)]);
    /// ```
    #[track_caller]
    pub fn for_each_batch<F: Fn(Batch<T>, BatchTime)>(self, f: F) -> (ForEachBatch<F>, ()) {
        (
            ForEachBatch {
                site: Site::here("for_each_batch"),
                f,
            },
            (),
        )
    }
}

/// The kernel of [`Stream::for_each_batch`].
#[derive(Debug)]
pub struct ForEachBatch<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> ForEachBatch<F> {
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

    /// Calls the user's function.
    pub fn run<T>(&self, context: &BatchContext<'_>, parts: Vec<Vec<T>>) -> io::Result<()>
    where
        F: Fn(Batch<T>, BatchTime),
    {
        (self.f)(Batch::new(context.time(), parts), context.time());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_output;

    stream!(
        fn counted(xs: Stream<u64>, batches: Accumulator<Count>, records: Accumulator<Sum<u64>>) {
            xs.for_each_batch(|batch, _time| {
                batches.add(());
                records.add(batch.count());
            });
        }
    );

    #[test]
    fn every_batch_is_seen_once() {
        let (batches, records) = (Accumulator::named("batches"), Accumulator::named("records"));
        run_output(
            |xs| counted(xs, batches.clone(), records.clone()),
            [vec![1, 1, 1], vec![], vec![1]],
        );
        assert_eq!((batches.value(), records.value()), (3, 4));
    }
}
