//! A batch that is there already, given again and again: so that nothing but the pipeline is measured.

use std::sync::Arc;

use stream_runtime::receiver::Source;
use stream_runtime::{BatchTime, Block, BlockSize, Family, Result};

/// The same blocks in each of `batches` batches.
#[derive(Debug)]
pub struct Repeat<B> {
    blocks: Vec<Shared<B>>,
    left: u64,
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
}

/// A source of `batches` batches of these blocks.
pub fn repeat<B>(blocks: &[Arc<B>], batches: u64) -> Repeat<B> {
    Repeat {
        blocks: blocks.iter().map(Shared::new).collect(),
        left: batches,
    }
}

impl<B: BlockSize> Source for Repeat<B> {
    type Block = Shared<B>;

    fn batch(&mut self, _: BatchTime) -> Result<Vec<Shared<B>>> {
        if self.left == 0 {
            return Ok(Vec::new());
        }
        self.left -= 1;
        Ok(self.blocks.clone())
    }

    fn is_finished(&self) -> bool {
        self.left == 0
    }

    fn is_at_rest(&self) -> bool {
        true
    }
}
