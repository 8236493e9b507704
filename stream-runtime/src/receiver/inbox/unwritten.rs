//! Blocks on their way to the log.

use crate::receiver::codec::{Codec, Entry};

/// The blocks that are not written to the log yet, as they will be written.
pub(in crate::receiver) struct Unwritten<B, P> {
    codec: Codec<B, P>,
    blocks: Vec<Vec<u8>>,
    bytes: usize,
    /// Why a block could not be serialized.
    error: Option<String>,
}

impl<B, P> Unwritten<B, P> {
    pub(super) fn new(codec: Codec<B, P>) -> Self {
        Self {
            codec,
            blocks: Vec::new(),
            bytes: 0,
            error: None,
        }
    }

    pub(super) fn add(&mut self, entry: Entry<&B, &P>) {
        match self.codec.write(&entry) {
            Ok(block) => {
                self.bytes += block.len();
                self.blocks.push(block);
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// A position, as it is written.
    pub(super) fn position(&mut self, position: &P) -> Option<Vec<u8>> {
        let written = self.codec.write_position(position);
        written.map_err(|error| self.error = Some(error)).ok()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the blocks, which follow on those that were taken before.
    ///
    /// # Errors
    ///
    /// When one was lost because it could not be serialized.
    pub(super) fn take(&mut self) -> Result<Vec<Vec<u8>>, String> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        self.bytes = 0;
        Ok(std::mem::take(&mut self.blocks))
    }
}
