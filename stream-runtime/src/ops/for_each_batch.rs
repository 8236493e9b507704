//! `for_each_batch`: the user's own output.

use std::fmt::Display;
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
    /// `f` returns nothing, or a `Result<(), E>` whose error can be shown: the batch fails with it.
    ///
    /// Shape: output. Memory: the batch's records are collected first.
    ///
    /// # Errors
    ///
    /// The batch fails with the error that `f` returns.
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
    ///
    /// An output that may fail, and overwrites by time:
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::TestRun;
    /// use std::{fs, io, path::PathBuf};
    ///
    /// stream!(
    ///     fn largest(xs: Stream<u64>, home: PathBuf) {
    ///         xs.for_each_batch(|batch, time| -> io::Result<()> {
    ///             let largest = batch.max().copied().unwrap_or_default();
    ///             fs::write(home.join(time.stamp()), largest.to_string())
    ///         });
    ///     }
    /// );
    ///
    /// # let home = tempfile::tempdir()?;
    /// TestRun::new().printed(|xs| largest(xs, home.path().to_owned()), [[3, 9, 4]]);
    /// assert_eq!(fs::read_to_string(home.path().join("1000"))?, "9");
    /// let error = TestRun::new().fails(|xs| largest(xs, "/no/such/place".into()), [[1]]);
    /// assert!(error.to_string().contains("`for_each_batch` at "));
    /// # Ok::<(), io::Error>(())
    /// ```
    #[track_caller]
    pub fn for_each_batch<F, R>(self, f: F) -> (ForEachBatch<F, R>, ())
    where
        F: Fn(Batch<T>, BatchTime) -> R,
        R: Outcome,
    {
        (
            ForEachBatch {
                site: Site::here("for_each_batch"),
                f,
                outcome: R::into_result,
            },
            (),
        )
    }
}

/// What the user's function in an output may return.
#[diagnostic::on_unimplemented(
    message = "an output cannot return `{Self}`",
    label = "returns `{Self}`",
    note = "return nothing, or a `Result<(), E>` whose error can be shown"
)]
pub trait Outcome {
    /// Whether the output was written.
    fn into_result(self) -> io::Result<()>;
}

impl Outcome for () {
    fn into_result(self) -> io::Result<()> {
        Ok(())
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn into_result(self) -> io::Result<()> {
        self.map_err(|error| io::Error::other(error.to_string()))
    }
}

/// The kernel of [`Stream::for_each_batch`].
#[derive(Debug)]
pub struct ForEachBatch<F, R> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
    outcome: fn(R) -> io::Result<()>,
}

impl<F, R> ForEachBatch<F, R> {
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
        F: Fn(Batch<T>, BatchTime) -> R,
    {
        let batch = Batch::new(context.time(), parts);
        (self.outcome)((self.f)(batch, context.time()))
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
