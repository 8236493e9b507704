//! Records that are due at an even rate, in blocks that are made before the clock starts.
//!
//! Every batch has the same number of blocks, and every block the same number of records: the rate is
//! rounded to what that allows. So to hand a batch out is to count some references up, which is no more than
//! a receiver does, and it follows from the number of a record when it was due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stream_runtime::receiver::Source;
use stream_runtime::{BatchTime, BlockSize, Result};

use super::THREADS;
use crate::source::Shared;

/// How a batch is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Blocks in a batch.
    pub blocks: usize,
    /// Records in a block.
    pub records: usize,
}

impl Cut {
    /// The one that comes nearest to so many records a second: blocks of at most `most` records, and one for
    /// each thread if there are records enough.
    pub fn of(rate: f64, interval: Duration, most: usize) -> Self {
        let batch = (rate * interval.as_secs_f64()).round().max(1.0) as usize;
        let blocks = batch.div_ceil(most).max(THREADS.min(batch));
        let records = (batch as f64 / blocks as f64).round() as usize;
        Self { blocks, records }
    }

    /// Records in a batch.
    pub fn batch(self) -> u64 {
        (self.blocks * self.records) as u64
    }

    /// Records a second, if there is a batch in each interval.
    pub fn rate(self, interval: Duration) -> f64 {
        self.batch() as f64 / interval.as_secs_f64()
    }
}

/// When a job is to end before its time.
pub type GivenUp = Arc<AtomicBool>;

/// A source of batches that are due one in each interval, all of the same number of records.
#[derive(Debug)]
pub struct Load<B> {
    blocks: Vec<Arc<B>>,
    in_a_batch: usize,
    next: usize,
    batches_left: u64,
    given_up: GivenUp,
}

impl<B> Load<B> {
    /// So many batches of blocks, from the first on again when they are used up.
    ///
    /// # Panics
    ///
    /// If there is no block: the data has too few records for one.
    pub fn new(blocks: Vec<Arc<B>>, cut: Cut, batches: u64, given_up: GivenUp) -> Self {
        assert!(!blocks.is_empty(), "too few records for a block: {cut:?}");
        Self {
            blocks,
            in_a_batch: cut.blocks,
            next: 0,
            batches_left: batches,
            given_up,
        }
    }

    fn block(&mut self) -> Shared<B> {
        let block = Shared::new(&self.blocks[self.next]);
        self.next = (self.next + 1) % self.blocks.len();
        block
    }
}

impl<B: BlockSize> Source for Load<B> {
    type Block = Shared<B>;

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Shared<B>>> {
        if self.is_finished() {
            return Ok(Vec::new());
        }
        self.batches_left -= 1;
        Ok((0..self.in_a_batch).map(|_| self.block()).collect())
    }

    fn is_finished(&self) -> bool {
        self.batches_left == 0 || self.given_up.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use stream_runtime::{Rows, Val};

    use super::*;

    #[test]
    fn a_cut_is_near_to_the_rate_and_has_a_block_for_each_thread() {
        let ms = Duration::from_millis(1);
        let cut = |rate| Cut::of(rate, ms, 1_000);
        let of = |blocks, records| Cut { blocks, records };
        assert_eq!(cut(100.0), of(1, 1));
        assert_eq!(cut(3_000.0), of(2, 2));
        assert_eq!(cut(1_000_000.0), of(2, 500));
        assert_eq!(cut(4_200_000.0), of(5, 840));
        assert_eq!(of(5, 840).rate(ms), 4_200_000.0);
    }

    #[test]
    fn blocks_are_handed_out_in_turn_until_the_end() {
        let blocks = [1u64, 2, 3].map(|value| Arc::new(Rows(vec![value])));
        let cut = Cut {
            blocks: 2,
            records: 1,
        };
        let mut load = Load::new(blocks.into(), cut, 2, GivenUp::default());
        let mut batch = || {
            let blocks = load.batch(BatchTime::ZERO).unwrap();
            let records = blocks
                .iter()
                .flat_map(stream_runtime::Block::<Val<u64>>::records);
            records.collect::<Vec<u64>>()
        };
        assert_eq!(
            (batch(), batch(), batch()),
            (vec![1, 2], vec![3, 1], vec![])
        );
        assert!(load.is_finished());
    }

    #[test]
    fn it_ends_when_it_is_given_up() {
        let given_up = GivenUp::default();
        let cut = Cut::of(1.0, Duration::from_secs(1), 1);
        let load = Load::new(vec![Arc::new(Rows(vec![1u64]))], cut, 9, given_up.clone());
        assert!(!load.is_finished());
        given_up.store(true, Ordering::Relaxed);
        assert!(load.is_finished());
    }
}
