//! `to`: gives a stream to a sink.

use crate::site::Site;
use crate::stream::{Sink, Stream};

impl<T> Stream<T> {
    /// Gives the records of each batch to `sink`, a parameter of the pipeline. The caller of the
    /// pipeline chooses what stands behind it: a file, a channel, a test's collection, a sink of
    /// your own. See [`crate::sink`].
    ///
    /// Shape: output. Memory: the batch's records are collected first.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn shout(words: Stream<&str>, out: Sink<String>) {
    ///         words.map(|word| word.to_uppercase()).to(out);
    ///     }
    /// );
    ///
    /// assert_eq!(run_batches(shout, [["hi"]]), [["HI"]]);
    /// ```
    #[track_caller]
    pub fn to(self, _sink: Sink<T>) -> (To, ()) {
        (
            To {
                site: Site::here("to"),
            },
            (),
        )
    }
}

/// The kernel of [`Stream::to`].
#[derive(Debug)]
pub struct To {
    /// Where the operator stands.
    pub site: Site,
}

impl To {
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
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn through(pairs: Stream<(&str, u64)>, out: Sink<(&str, u64)>) {
            pairs.to(out);
        }
    );

    #[test]
    fn every_batch_is_written_with_its_records_in_order() {
        let rows = run_batches(through, [vec![("b", 2), ("a", 1)], vec![], vec![("c", 3)]]);
        let row = |key: &str, n| (key.to_owned(), n);
        assert_eq!(
            rows,
            [vec![row("b", 2), row("a", 1)], vec![], vec![row("c", 3)]]
        );
    }
}
