//! Parts of files: what is to be read, and what a batch has read of which file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

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
}

/// What a batch has read, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts(pub(super) Vec<Part>);

impl Parts {
    /// Adds a piece; it is put together with the one before it where they meet.
    pub(super) fn push<B>(&mut self, piece: &Piece<B>) {
        if let Some(last) = self.0.last_mut()
            && last.path == *piece.path
            && last.to == Some(piece.from)
        {
            last.to = Some(piece.to);
            return;
        }
        self.0.push(Part {
            path: piece.path.to_path_buf(),
            from: piece.from,
            to: Some(piece.to),
            stamp: Some(piece.stamp),
        });
    }
}
