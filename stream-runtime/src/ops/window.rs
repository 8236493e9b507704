//! `window`: the records of the last few batches, as one batch.

use std::marker::PhantomData;
use std::time::Duration;

use crate::context::BatchContext;
use crate::engine::Exchange;
use crate::error::Failure;
use crate::site::Site;
use crate::state::Slot;
use crate::stream::Stream;
use crate::window::{Chunk, Extent, RecordWindow, push_record};

impl<T> Stream<T> {
    /// Puts out the records of the batches of the last `length`, oldest batch first, every `slide`;
    /// at every batch without a slide. What follows sees them as one batch.
    ///
    /// At time `T` the window holds the batches in `(T - length, T]`. The first windows are partial,
    /// and slides count from the start of the job. At a batch at which the window does not move,
    /// nothing after it runs. With a slide longer than the window, batches are left out.
    ///
    /// All records are kept and visited again at every slide. Where a function combines them,
    /// [`reduce_by_window`](Self::reduce_by_window) and
    /// [`reduce_by_key_and_window`](Self::reduce_by_key_and_window) are far cheaper.
    ///
    /// Shape: by partition; remembers. Cost: each record is serialized once, and decoded at each
    /// slide. Memory: the serialized records of the window.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[batch(1s)]
    ///     fn recent(lines: Stream<&str>, out: Sink<&str>) {
    ///         lines.window(2s, 1s).to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(recent, [["a"], ["b"], ["c"]]);
    /// assert_eq!(rows, [vec!["a"], vec!["a", "b"], vec!["b", "c"]]);
    /// ```
    ///
    /// # Compile errors
    ///
    /// "is not a multiple of …": take one of the durations that are named. "cannot travel between
    /// partitions": put `#[derive(Serialize, Deserialize)]` on the type of the records.
    #[track_caller]
    pub fn window<'b>(self, length: Duration, slide: Duration) -> (Window<T>, Stream<T>)
    where
        T: Exchange<'b>,
    {
        let window = Window {
            site: Site::here("window"),
            length,
            slide,
            records: PhantomData,
        };
        (window, Stream::new())
    }
}

/// The kernel of [`Stream::window`].
#[derive(Debug)]
pub struct Window<T> {
    /// Where the operator stands.
    pub site: Site,
    length: Duration,
    slide: Duration,
    records: PhantomData<fn() -> T>,
}

impl<T> Window<T> {
    /// Whether the window moves at this batch.
    ///
    /// # Errors
    ///
    /// When it does not fit the batch interval.
    pub fn is_due(&self, context: &BatchContext<'_>) -> Result<bool, Failure> {
        context.is_due(self.site, self.length, self.slide)
    }

    /// The records of one task.
    pub fn local(&self) -> Vec<Chunk> {
        Vec::new()
    }

    /// Takes in one record.
    #[inline(always)]
    pub fn push<'b>(&self, chunks: &mut Vec<Chunk>, record: T)
    where
        T: Exchange<'b>,
    {
        push_record(chunks, &record);
    }

    /// Hands the records over.
    pub fn finish(&self, chunks: Vec<Chunk>, _: usize) -> Vec<Chunk> {
        chunks
    }

    /// Takes in what arrived, and if the window moves, deals what it holds out to the partitions;
    /// and how many records that are.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn open<'s>(
        &self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        arrived: Vec<Vec<Chunk>>,
    ) -> Result<(Vec<Vec<&'s Chunk>>, usize), Failure>
    where
        T: Exchange<'s>,
    {
        let (time, is_due) = (context.time(), self.is_due(context)?);
        let extent = Extent::new(self.length, self.slide, context.zero_time());
        let window = slot.state(self.site, RecordWindow::of::<T>)?;
        let chunks = arrived.into_iter().flatten().collect();
        window.slide(time, chunks, extent.left_by(time));
        Ok(match is_due {
            true => (window.runs(context.partitions()), window.len()),
            false => (Vec::new(), 0),
        })
    }

    /// The records again.
    pub fn merge<'s>(&self, chunks: Vec<&'s Chunk>) -> impl Iterator<Item = T>
    where
        T: Exchange<'s>,
    {
        chunks.into_iter().flat_map(Chunk::records)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn by_two_of_three(xs: Stream<u64>, out: Sink<u64>) {
            xs.window(2s, 3s).to(out);
        }

        fn twice(xs: Stream<u64>, out: Sink<u64>) {
            xs.window(2s, 1s).window(4s, 2s).to(out);
        }

        fn borrowed(words: Stream<(&str, &[u8])>, out: Sink<(&str, u64)>) {
            words
                .window(2s)
                .map(|(word, bytes)| (word, bytes.len() as u64))
                .to(out);
        }
    );

    #[test]
    fn the_oldest_batch_comes_first_whatever_the_partitions() {
        for partitions in 1..4 {
            let run = || TestRun::new().partitions(partitions);
            let batches = [vec![1], vec![2, 3], vec![], vec![4], vec![5], vec![6, 7]];
            let rows = run().run(by_two_of_three, batches);
            assert_eq!(rows, [vec![2, 3], vec![5, 6, 7]]);
        }
    }

    #[test]
    fn a_window_over_a_window_holds_its_batches() {
        let rows = TestRun::new().run(twice, [[1], [2], [3], [4]]);
        assert_eq!(rows, [vec![1, 1, 2], vec![1, 1, 2, 2, 3, 3, 4]]);
    }

    #[test]
    fn records_that_borrow_are_lent_again() {
        let rows = TestRun::new().run(borrowed, [[("a", b"xy".to_vec())], [("b", vec![])]]);
        let row = |pairs: &[(&str, u64)]| -> Vec<_> {
            pairs
                .iter()
                .map(|(word, n)| ((*word).to_owned(), *n))
                .collect()
        };
        assert_eq!(rows, [row(&[("a", 2)]), row(&[("a", 2), ("b", 0)])]);
    }
}
