//! What a batch takes of the files.

use crate::block::BlockSize;

use super::part::{Parts, Piece, SplitOff};

/// What a batch takes, until it has enough bytes, or as many records as it may have.
pub(super) struct Taken<B> {
    pub(super) blocks: Vec<B>,
    /// What was read for them.
    pub(super) parts: Parts,
    pub(super) records: u64,
    /// How many bytes it still wants.
    bytes_left: usize,
    /// How many records it may still have, if that is limited. Only then are they counted.
    records_left: Option<u64>,
    split: SplitOff<B>,
}

impl<B: BlockSize> Taken<B> {
    pub(super) fn new(bytes: usize, records: Option<u64>, split: SplitOff<B>) -> Self {
        Self {
            blocks: Vec::new(),
            parts: Parts::default(),
            records: 0,
            bytes_left: bytes,
            records_left: records,
            split,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes_left == 0 || self.records_left == Some(0)
    }

    /// Takes a piece, if it is not full; gives back what it may not have of it.
    pub(super) fn add(&mut self, mut piece: Piece<B>) -> Option<Piece<B>> {
        let mut rest = None;
        if let Some(left) = self.records_left {
            rest = piece.split_off(usize::try_from(left).unwrap_or(usize::MAX), self.split);
            let records = piece.block.count_records() as u64;
            self.records += records;
            self.records_left = Some(left.saturating_sub(records));
        }
        self.bytes_left = self.bytes_left.saturating_sub(piece.block.bytes());
        self.parts.push(&piece);
        self.blocks.push(piece.block);
        rest
    }
}
