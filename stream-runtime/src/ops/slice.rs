//! `slice`: the records of the batches between two times, as one batch.

use std::marker::PhantomData;
use std::time::Duration;

use crate::context::BatchContext;
use crate::engine::Exchange;
use crate::error::Failure;
use crate::site::Site;
use crate::state::Slot;
use crate::stream::Stream;
use crate::time::BatchTime;
use crate::window::{Chunk, RecordWindow, push_record};

impl<T> Stream<T> {
    /// Gathers the records of the batches from `from` to `to`, both included, and puts them out at
    /// the batch at `to`, oldest batch first. At all other batches it puts out nothing.
    ///
    /// Times between two batches are those of the batch before them, as in Spark's `slice`. Of
    /// batches from before the job began there is nothing.
    ///
    /// Shape: by partition; remembers. Memory: the serialized records between the two times, until
    /// they are put out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     #[batch(1s)]
    ///     fn rush_hour(cars: Stream<&str>, from: BatchTime, to: BatchTime, out: Sink<&str>) {
    ///         cars.slice(from, to).to(out);
    ///     }
    /// );
    ///
    /// let [from, to] = [2_000, 3_999].map(BatchTime::from_millis);
    /// let rows = run_batches(|cars, out| rush_hour(cars, from, to, out), [["a"], ["b"], ["c"], ["d"]]);
    /// assert_eq!(rows, [vec![], vec![], vec!["b", "c"], vec![]]);
    /// ```
    #[track_caller]
    pub fn slice<'b>(self, from: BatchTime, to: BatchTime) -> (Slice<T>, Stream<T>)
    where
        T: Exchange<'b>,
    {
        let slice = Slice {
            site: Site::here("slice"),
            from,
            to,
            records: PhantomData,
        };
        (slice, Stream::new())
    }
}

/// The kernel of [`Stream::slice`].
#[derive(Debug)]
pub struct Slice<T> {
    /// Where the operator stands.
    pub site: Site,
    from: BatchTime,
    to: BatchTime,
    records: PhantomData<fn() -> T>,
}

impl<T> Slice<T> {
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

    /// Keeps what arrived if it is between the two times, and deals all of it out to the partitions
    /// at the last one; and how many records that are.
    ///
    /// # Errors
    ///
    /// When a checkpoint has something else under this name.
    pub fn open<'s>(
        &self,
        context: &BatchContext<'_>,
        slot: &'s mut Slot<'_>,
        arrived: Vec<Vec<Chunk>>,
    ) -> Result<(Vec<Vec<&'s Chunk>>, usize), Failure> {
        let time = context.time();
        let [from, to] = [self.from, self.to].map(|time| at_batch(time, context));
        let kept = slot.state(self.site, RecordWindow::default)?;
        // What was put out is not needed any more.
        let left = if time > to { to } else { BatchTime::ZERO };
        let arrived = match (from..=to).contains(&time) {
            true => arrived.into_iter().flatten().collect(),
            false => Vec::new(),
        };
        kept.slide(time, arrived, left);
        Ok(match time == to {
            true => (kept.runs(context.partitions()), kept.len()),
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

/// The last batch at or before a time.
fn at_batch(time: BatchTime, context: &BatchContext<'_>) -> BatchTime {
    let (zero, interval) = (context.zero_time(), context.batch_interval());
    let since = time.since(zero).as_micros() % interval.as_micros();
    time - Duration::from_micros(since as u64)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::TestRun;

    stream!(
        fn between(xs: Stream<u64>, from: BatchTime, to: BatchTime, out: Sink<u64>) {
            xs.slice(from, to).map(|x| x * 10).to(out);
        }
    );

    fn run(partitions: usize, from: u64, to: u64) -> Vec<Vec<u64>> {
        let [from, to] = [from, to].map(BatchTime::from_millis);
        let batches = [vec![1, 2], vec![3], vec![], vec![4, 5], vec![6]];
        let run = TestRun::new().partitions(partitions);
        run.run(|xs, out| between(xs, from, to, out), batches)
    }

    #[test]
    fn both_ends_are_included_whatever_the_partitions() {
        for partitions in 1..4 {
            let rows = run(partitions, 2_000, 4_000);
            assert_eq!(rows, [vec![], vec![], vec![], vec![30, 40, 50], vec![]]);
        }
    }

    #[test]
    fn there_is_nothing_before_the_beginning_and_nothing_backwards() {
        assert_eq!(
            run(1, 0, 1_500),
            [vec![10, 20], vec![], vec![], vec![], vec![]]
        );
        assert_eq!(run(1, 0, 500), vec![vec![0u64; 0]; 5]);
        assert_eq!(run(1, 3_000, 2_000), vec![vec![0u64; 0]; 5]);
    }
}
