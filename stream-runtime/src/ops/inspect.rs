//! `inspect`: looks at each record as it passes.

use crate::site::Site;
use crate::stream::Stream;

impl<T> Stream<T> {
    /// Calls `f` with a reference to each record and passes the record on unchanged.
    ///
    /// It is made for counting into an [`Accumulator`](crate::Accumulator) and for a look while
    /// debugging. It runs where the records are, on several threads and in no fixed order among
    /// partitions; if a batch is run again, it sees its records again. Accumulators count each
    /// record once all the same; effects that leave the program belong into an output.
    ///
    /// Shape: narrow; order, partitions and a partitioning by key are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn measured(words: Stream<&str>, bytes: Accumulator<Sum<u64>>, out: Sink<&str>) {
    ///         words.inspect(|word| bytes.add(word.len() as u64)).to(out);
    ///     }
    /// );
    ///
    /// let bytes = Accumulator::named("bytes");
    /// let rows = run_batches(|words, out| measured(words, bytes.clone(), out), [["to", "be"]]);
    /// assert_eq!((rows, bytes.value()), (vec![vec!["to".into(), "be".into()]], 4));
    /// ```
    #[track_caller]
    pub fn inspect<F: Fn(&T) + Sync>(self, f: F) -> (Inspect<F>, Stream<T>) {
        (
            Inspect {
                site: Site::here("inspect"),
                f,
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::inspect`].
#[derive(Debug, Clone, Copy)]
pub struct Inspect<F> {
    /// Where the operator stands.
    pub site: Site,
    f: F,
}

impl<F> Inspect<F> {
    /// Shows `record` to the user's function and hands it back.
    #[inline(always)]
    pub fn apply<T>(&self, record: T) -> T
    where
        F: Fn(&T),
    {
        (self.f)(&record);
        record
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn watched(xs: Stream<u64>, seen: Accumulator<Collection<u64>>, out: Sink<u64>) {
            xs.inspect(|&x| seen.add(x)).filter(|x| x % 2 == 0).to(out);
        }
    );

    #[test]
    fn every_record_is_seen_once_and_passes() {
        let seen = Accumulator::named("seen");
        let rows = run_batches(
            |xs, out| watched(xs, seen.clone(), out),
            [vec![1, 2, 3], vec![], vec![4]],
        );
        assert_eq!(rows, [vec![2], vec![], vec![4]]);
        assert_eq!(seen.value(), [1, 2, 3, 4]);
    }
}
