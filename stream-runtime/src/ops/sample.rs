//! `sample`: keeps a random part of the records.

use crate::site::Site;
use crate::stream::Stream;
use crate::time::BatchTime;

impl<T> Stream<T> {
    /// Keeps each record with probability `fraction`, independently of the others.
    ///
    /// Chance depends on the batch's time and on the place of the record in its batch and on
    /// nothing else: a batch that is run again keeps the same records. Two `sample`s of one stream
    /// with the same fraction therefore keep the same records too.
    ///
    /// A fraction of 1 or more keeps everything, 0 or less keeps nothing, so that one may write
    /// `sample(wanted_per_batch / seen_per_batch)`; NaN keeps nothing.
    ///
    /// Shape: narrow; a few instructions for each record. Order, partitions and a partitioning by
    /// key are kept. The batch is about `fraction` as large as before, not exactly.
    ///
    /// # Examples
    ///
    /// ```
    /// # use stream_runtime::prelude::*;
    /// # use stream_runtime::testing::run_batches;
    /// stream!(
    ///     fn tenth(xs: Stream<u64>, out: Sink<u64>) {
    ///         xs.sample(0.1).count().to(out);
    ///     }
    /// );
    ///
    /// let rows = run_batches(tenth, [0..10_000]);
    /// assert!((900..1100).contains(&rows[0][0]));
    /// ```
    #[track_caller]
    pub fn sample(self, fraction: f64) -> (Sample, Stream<T>) {
        (
            Sample {
                site: Site::here("sample"),
                threshold: threshold(fraction),
            },
            Stream::new(),
        )
    }
}

/// The kernel of [`Stream::sample`].
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Where the operator stands.
    pub site: Site,
    threshold: u64,
}

/// How many of the numbers that [`Chance::next`] can give are below `fraction`: a cast from a
/// float saturates, which is what the manual promises.
fn threshold(fraction: f64) -> u64 {
    (fraction * RANGE as f64) as u64
}

impl Sample {
    /// The chance of one task: the same in each attempt at a batch.
    pub fn local(&self, time: BatchTime, index: usize) -> Chance {
        Chance::seeded(time.as_micros(), index as u64)
    }

    /// The record, if it is kept.
    #[inline(always)]
    pub fn apply<T>(&self, chance: &mut Chance, record: T) -> Option<T> {
        if chance.next() < self.threshold {
            Some(record)
        } else {
            None
        }
    }
}

/// How many different numbers [`Chance::next`] gives: as many as a float tells apart below one.
const RANGE: u64 = 1 << 53;

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
#[derive(Debug)]
pub struct Chance {
    state: u64,
}

/// The golden ratio as a fraction of 2⁶⁴: SplitMix64's step.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// A generator for one task of one batch. Both numbers are mixed, so that neighbouring batches
    /// and partitions do not walk through the same sequence a few steps apart.
    fn seeded(time: u64, index: u64) -> Self {
        Self {
            state: mix(mix(time ^ STEP).wrapping_add(index)),
        }
    }

    /// The next number below [`RANGE`].
    #[inline(always)]
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state) >> 11
    }
}

/// SplitMix64's finalizer: every bit of the result depends on every bit of the word.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::run_batches;

    stream!(
        fn sampled(xs: Stream<u64>, fraction: f64, out: Sink<u64>) {
            xs.sample(fraction).to(out);
        }
    );

    fn sample(fraction: f64, batches: &[Vec<u64>]) -> Vec<Vec<u64>> {
        run_batches(
            |xs, out| sampled(xs, fraction, out),
            batches.iter().cloned(),
        )
    }

    #[test]
    fn batches_differ_and_runs_do_not() {
        let batches = [(0..1000).collect(), (0..1000).collect(), vec![]];
        let rows = sample(0.3, &batches);
        assert_eq!(rows, sample(0.3, &batches));
        assert_ne!(rows[0], rows[1]);
        assert!(rows[2].is_empty());
        assert!(rows.iter().all(|row| row.is_sorted()));
        assert!(rows[..2].iter().all(|row| (250..350).contains(&row.len())));
    }

    #[test]
    fn fractions_saturate() {
        let batches = [(0..100).collect()];
        for all in [1.0, 7.5, f64::INFINITY] {
            assert_eq!(sample(all, &batches), batches);
        }
        for nothing in [0.0, -1.0, f64::NAN] {
            assert_eq!(sample(nothing, &batches), [vec![0; 0]]);
        }
    }
}
