//! Parts of files: what is to be read, and what a batch has read of which file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::block::BlockSize;
use crate::receiver::cut::Cut;

use super::path_bytes;

/// A file that is to be read, as a whole or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    #[serde(with = "path_bytes")]
    pub(super) path: PathBuf,
    /// The offset at which to begin: the start of the file, or of a block.
    pub(super) from: u64,
    /// The offset at which to end: the end of a block; without one, the end of the file.
    pub(super) to: Option<u64>,
    /// What the file must be like, when some of it was read before.
    pub(super) stamp: Option<Stamp>,
}

impl Part {
    /// All of a file.
    pub(super) fn whole(path: PathBuf) -> Self {
        Self {
            path,
            from: 0,
            to: None,
            stamp: None,
        }
    }

    /// Whether this is what is to be read after a piece of the same file.
    pub(super) fn follows<B>(&self, piece: &Piece<B>) -> bool {
        *self.path == *piece.path && self.from == piece.to && self.stamp == Some(piece.stamp)
    }
}

/// From the beginning of a piece to the end of its file.
impl<B> From<&Piece<B>> for Part {
    fn from(piece: &Piece<B>) -> Self {
        Self {
            path: piece.path.to_path_buf(),
            from: piece.from,
            to: None,
            stamp: Some(piece.stamp),
        }
    }
}

/// By what a file that has changed is told from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    len: u64,
    modified: Duration,
}

impl Stamp {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
        Ok(Self {
            len: metadata.len(),
            modified: modified.unwrap_or_default(),
        })
    }

    /// Fails when the file was another one.
    pub(super) fn check(self, before: Self) -> io::Result<()> {
        if self == before {
            return Ok(());
        }
        let what = match self.len == before.len {
            true => "it was written to".to_owned(),
            false => format!("it has {} bytes and had {}", self.len, before.len),
        };
        Err(changed(what))
    }
}

/// A file is not what it was when a batch read it.
pub(super) fn changed(what: impl std::fmt::Display) -> io::Error {
    let problem = format!(
        "{what} since a batch read it that must be read again: put it back as it was, with its modification time, or start afresh with another checkpoint directory"
    );
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// A block, and where it stood.
#[derive(Debug)]
pub(super) struct Piece<B> {
    pub(super) block: B,
    pub(super) path: Arc<Path>,
    pub(super) stamp: Stamp,
    pub(super) from: u64,
    pub(super) to: u64,
    /// It ends before a reader that begins where it does would end a block.
    pub(super) is_short: bool,
}

/// Cuts off what comes after so many records of a block; `None` if nothing does.
pub(super) type SplitOff<B> = fn(&mut B, usize) -> Option<B>;

impl<B: BlockSize> Piece<B> {
    /// Whether the block has the bytes of the file, so that it can be cut at an offset. One with a
    /// line that was too long has other bytes.
    fn is_verbatim(&self) -> bool {
        self.to - self.from == self.block.bytes() as u64
    }

    /// Cuts off what comes after so many records, if anything does and it can be cut there.
    pub(super) fn split_off(&mut self, records: usize, split: SplitOff<B>) -> Option<Self> {
        if records == 0 || !self.is_verbatim() {
            return None;
        }
        let block = split(&mut self.block, records)?;
        let end = self.from + self.block.bytes() as u64;
        self.is_short = true;
        Some(Self {
            block,
            path: Arc::clone(&self.path),
            stamp: self.stamp,
            from: end,
            to: std::mem::replace(&mut self.to, end),
            is_short: true,
        })
    }

    /// Ends it at this offset, if it goes on behind that and a record ends there.
    pub(super) fn end_at<C: Cut<Block = B>>(&mut self, to: u64) {
        if (self.from..self.to).contains(&to)
            && self.is_verbatim()
            && C::shorten(&mut self.block, (to - self.from) as usize)
        {
            self.to = to;
            self.is_short = true;
        }
    }
}

/// What a batch has read, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    /// A reader that goes on where the last part ends would not find the blocks that the batch has.
    #[serde(skip)]
    is_closed: bool,
}

impl Parts {
    /// Adds a piece. It is put together with the one before it where they meet, if who reads the two
    /// as one finds the same blocks.
    pub(super) fn push<B>(&mut self, piece: &Piece<B>) {
        let is_closed = std::mem::replace(&mut self.is_closed, piece.is_short);
        if let Some(last) = self.parts.last_mut()
            && !is_closed
            && last.path == *piece.path
            && last.to == Some(piece.from)
        {
            last.to = Some(piece.to);
            return;
        }
        self.parts.push(Part {
            to: Some(piece.to),
            ..Part::from(piece)
        });
    }
}
