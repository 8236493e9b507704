//! Batches that are there already: so that nothing but the pipeline is measured.

use std::sync::Arc;

use stream_runtime::receiver::{Recovery, Source, SourceContext};
use stream_runtime::{BatchTime, Block, BlockSize, Error, Family, Result};

/// Batches one after the other, from the first on again when they are used up.
#[derive(Debug)]
pub struct Cycle<B> {
    batches: Vec<Vec<Shared<B>>>,
    next: u64,
    end: u64,
}

/// A block that is shared, not copied.
#[derive(Debug)]
pub struct Shared<B>(Arc<B>);

impl<B> Shared<B> {
    /// A handle to the block.
    pub fn new(block: &Arc<B>) -> Self {
        Self(Arc::clone(block))
    }
}

impl<B> Clone for Shared<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: BlockSize> BlockSize for Shared<B> {
    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn records_hint(&self) -> usize {
        self.0.records_hint()
    }
}

impl<F: Family, B: Block<F>> Block<F> for Shared<B> {
    #[inline(always)]
    fn records(&self) -> impl Iterator<Item = F::Of<'_>> {
        self.0.records()
    }

    #[inline(always)]
    fn runs(&self) -> impl Iterator<Item = (F::Of<'_>, u64)> {
        self.0.runs()
    }

    #[inline(always)]
    fn candidates(
        &self,
        pattern: Option<&str>,
    ) -> impl Iterator<Item = (impl Iterator<Item = F::Of<'_>>, u64)> {
        self.0.candidates(pattern)
    }
}

/// A source of so many batches, all of these blocks.
pub fn repeat<B>(blocks: &[Arc<B>], batches: u64) -> Cycle<B> {
    Cycle {
        batches: vec![blocks.iter().map(Shared::new).collect()],
        next: 0,
        end: batches,
    }
}

/// A source of so many batches out of these, in turn.
pub fn cycle<B>(batches: &[Vec<Arc<B>>], end: u64) -> Cycle<B> {
    let batches = batches.iter();
    Cycle {
        batches: batches
            .map(|blocks| blocks.iter().map(Shared::new).collect())
            .collect(),
        next: 0,
        end,
    }
}

impl<B> Cycle<B> {
    /// The batches up to `end`, as one.
    fn up_to(&mut self, end: u64) -> Vec<Shared<B>> {
        let batches = std::mem::replace(&mut self.next, end)..end;
        let batches = batches.map(|batch| &self.batches[batch as usize % self.batches.len()]);
        batches.flatten().cloned().collect()
    }

    /// The number of batches that a position stands for.
    fn number(&self, position: &[u8]) -> Result<u64> {
        let number = position.try_into().map(u64::from_le_bytes).ok();
        let number = number.filter(|number| (self.next..=self.end).contains(number));
        number.ok_or_else(|| Error::Config("no position among the batches".to_owned()))
    }
}

/// The position is the number of batches.
impl<B: BlockSize> Source for Cycle<B> {
    type Block = Shared<B>;

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Shared<B>>> {
        Ok(self.up_to(self.end.min(self.next + 1)))
    }

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        self.next.to_le_bytes().to_vec()
    }

    fn resume(&mut self, _: &SourceContext, position: &[u8]) -> Result<()> {
        self.next = self.number(position)?;
        Ok(())
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<Shared<B>>> {
        let end = self.number(end)?;
        Ok(self.up_to(end))
    }

    fn is_finished(&self) -> bool {
        self.next == self.end
    }

    fn is_at_rest(&self) -> bool {
        true
    }
}
