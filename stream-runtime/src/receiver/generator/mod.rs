//! `generator`: records that are made up, at a steady rate.

mod schedule;
mod words;

use std::fmt;

use fastrand::Rng;
use rayon::prelude::*;

use crate::block::Rows;
use crate::error::Result;
use crate::receiver::{Recovery, Source, SourceContext};
use crate::time::BatchTime;

use schedule::Schedule;

pub use words::{Words, words};

/// Records made by `make`, `rate` of them a second on the job's clock: for demonstrations, tests
/// and measurements.
///
/// Record `i` of the run is `make(&mut rng, i)`, with random numbers that follow from the seed and
/// `i` alone. So the records of a run are the same whatever the batch interval is, and each batch
/// holds those that are due in its interval. The run begins at the job's zero time: the first batch
/// is a whole one. The input is never finished, unless it has a [`limit`](Generator::limit). If the
/// job limits the rate, records come later than they are due, and none is left out, except what is
/// due and did not come when the job is stopped.
///
/// Cost: `make`, and some 5 ns a record; large batches are made on all threads of the job. Memory:
/// the records of one batch.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(10ms)]
///     fn high(levels: Stream<(u64, f64)>, out: Sink<(u64, f64)>) {
///         levels.filter(|(_, level)| *level > 0.99).to(out);
///     }
/// );
///
/// let levels = generator(100_000, |rng, i| (i, rng.f64())).seed(7).limit(2_000);
/// let (out, collected) = stream_runtime::sink::collect();
/// high(levels, out).run()?;
/// assert_eq!(collected.rows().concat().len(), 22); // of this seed, always
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn generator<T, F>(rate: u64, make: F) -> Generator<F>
where
    F: Fn(&mut Rng, u64) -> T + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    Generator {
        schedule: Schedule::new(rate),
        make,
    }
}

/// The source made by [`generator`].
pub struct Generator<F> {
    schedule: Schedule,
    make: F,
}

impl<F> Generator<F> {
    /// Where the random numbers begin; 0 by default. The same seed gives the same records.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.schedule.seed = seed;
        self
    }

    /// How many records there are; the input is finished after the last.
    #[must_use]
    pub fn limit(mut self, records: u64) -> Self {
        self.schedule.limit = records;
        self
    }
}

impl<T, F> Generator<F>
where
    F: Fn(&mut Rng, u64) -> T + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn blocks(&self, runs: Vec<(u64, u64)>) -> Vec<Rows<T>> {
        let record = |i| (self.make)(&mut rng(self.schedule.seed, i), i);
        on_all_threads(runs, |(from, to)| Rows((from..to).map(record).collect()))
    }
}

impl<T, F> Source for Generator<F>
where
    F: Fn(&mut Rng, u64) -> T + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    type Block = Rows<T>;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.schedule.start(context);
        Ok(())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<Rows<T>>> {
        let runs = self.schedule.take(time);
        Ok(self.blocks(runs))
    }

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        self.schedule.position()
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        self.schedule.resume(context, position)
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<Rows<T>>> {
        let runs = self.schedule.take_again(end)?;
        Ok(self.blocks(runs))
    }

    fn is_finished(&self) -> bool {
        self.schedule.is_finished()
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.schedule.set_rate(records_per_second);
    }

    fn stop(&mut self) {
        self.schedule.stop();
    }
}

impl<F> fmt::Debug for Generator<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}

/// The random numbers of record `index`: neighbours must have nothing in common, so both numbers go
/// through the finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, 2014).
fn rng(seed: u64, index: u64) -> Rng {
    let mix = |x: u64| {
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let golden = 0x9e37_79b9_7f4a_7c15_u64;
    let stream = mix(seed.wrapping_add(golden));
    Rng::with_seed(mix(stream ^ index.wrapping_mul(golden)))
}

/// Makes the blocks of a batch: on the present thread if they are few records, else on all of the
/// pool that the driver belongs to.
fn on_all_threads<B: Send>(
    runs: Vec<(u64, u64)>,
    block: impl Fn((u64, u64)) -> B + Send + Sync,
) -> Vec<B> {
    let records: u64 = runs.iter().map(|(from, to)| to - from).sum();
    if records < 10_000 {
        runs.into_iter().map(block).collect()
    } else {
        runs.into_par_iter().with_max_len(1).map(block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::{check_recovery, context, next_batch, records};
    use std::time::Duration;

    fn made(seed: u64, interval: Duration, count: usize) -> Vec<(u64, u64)> {
        let clock = ManualClock::new();
        let mut source = generator(7, |rng, i| (i, rng.u64(..))).seed(seed).limit(30);
        let mut context = context(&clock);
        context.batch_interval = interval;
        source.start(&context).unwrap();
        let mut all = Vec::new();
        let mut time = BatchTime::ZERO;
        for _ in 0..count {
            time = time + interval;
            all.extend(records(source.batch(time).unwrap()));
        }
        assert!(source.is_finished());
        all
    }

    #[test]
    fn cuts_do_not_change_the_records_but_the_seed_does() {
        let whole = made(1, Duration::from_secs(10), 1);
        assert_eq!(whole.len(), 30);
        assert!(whole.iter().map(|(i, _)| *i).eq(0..30));
        assert_eq!(made(1, Duration::from_millis(3), 2_000), whole);
        assert_ne!(made(2, Duration::from_secs(10), 1), whole);
    }

    #[test]
    fn batches_come_again_after_a_crash() {
        let make = || generator(7, |rng, i| (i, rng.u64(..))).limit(30);
        check_recovery(make, 5);
        let limited = || {
            let mut source = make();
            source.set_rate(Some(4.0));
            source
        };
        check_recovery(limited, 9);
    }

    #[test]
    fn a_large_batch_is_in_order_too() {
        let clock = ManualClock::new();
        let mut source = generator(50_000, |_, i| i);
        source.start(&context(&clock)).unwrap();
        let batch = next_batch(&mut source, &clock);
        assert!(batch.len() > 1);
        assert!(records(batch).into_iter().eq(0..50_000));
    }

    #[test]
    fn neighbours_are_independent() {
        let ones: u32 = (0..1_000)
            .map(|i| (rng(0, i).u64(..) ^ rng(0, i + 1).u64(..)).count_ones())
            .sum();
        assert!(
            (31_000..33_000).contains(&ones),
            "{ones} of 64000 bits differ"
        );
        assert_ne!(rng(0, 1).u64(..), rng(1, 0).u64(..));
    }
}
