//! The write-ahead log of an input that cannot give its records again.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::log::{self, BEGIN_ANEW, Log};
use crate::storage::Storage;

/// A segment of this length is followed by another one when a batch is committed.
const SEGMENT: u64 = 16 << 20;

/// Blocks on disk, counted from zero.
pub(super) struct BlockLog {
    log: Log,
    /// The number of the first block that is not durable.
    durable: u64,
    /// The segments that are needed, each with the number after its last block.
    segments: VecDeque<(u64, u64)>,
}

impl BlockLog {
    /// Opens the log of an input, and gives the blocks from number `committed` on to `found`, which
    /// reads the number of a block and keeps it.
    ///
    /// # Errors
    ///
    /// When the log cannot be read or lacks a block.
    pub(super) fn open(
        storage: Arc<dyn Storage>,
        input: &str,
        committed: u64,
        mut found: impl FnMut(&[u8]) -> Result<u64, String>,
    ) -> Result<Self> {
        let mut segments = VecDeque::new();
        let mut next = None;
        let contents = log::read(storage, &name(input), |at, bytes| {
            let unfit = |problem: String| at.error(problem, BEGIN_ANEW);
            let number = found(bytes)
                .map_err(|error| unfit(format!("it is no block of `{input}`: {error}")))?;
            let expected = next.unwrap_or_else(|| number.min(committed));
            if number != expected {
                return Err(unfit(format!(
                    "it has block {number}, and block {expected} is to follow"
                )));
            }
            next = Some(number + 1);
            note(&mut segments, at.segment, number + 1);
            Ok(())
        })?;
        if let Some(tail) = &contents.tail {
            tracing::warn!(input, file = %tail.path, offset = tail.offset, bytes = tail.bytes, "the last blocks were not whole and are left out; they did not count as received");
        }
        let mut log = Self {
            log: contents.into_log()?,
            durable: next.unwrap_or_default().max(committed),
            segments,
        };
        log.forget(committed)?;
        Ok(log)
    }

    /// The number of the first block that is not durable.
    pub(super) fn durable(&self) -> u64 {
        self.durable
    }

    /// Writes the blocks that follow, and waits until they are durable.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub(super) fn write(&mut self, blocks: &[Vec<u8>]) -> Result<()> {
        for block in blocks {
            self.log.append(|out| out.extend_from_slice(block))?;
        }
        let end = self.durable + blocks.len() as u64;
        note(&mut self.segments, self.log.segment(), end);
        self.log.sync()?;
        self.durable = end;
        Ok(())
    }

    /// Lets go of the blocks before number `committed`, when there is enough to let go of.
    ///
    /// # Errors
    ///
    /// When the log has failed before.
    pub(super) fn cut(&mut self, committed: u64) -> Result<()> {
        match self.log.length() < SEGMENT {
            true => Ok(()),
            false => self.forget(committed),
        }
    }

    fn forget(&mut self, committed: u64) -> Result<()> {
        let is_done = |(_, end): &(u64, u64)| *end <= committed;
        while self.segments.front().is_some_and(is_done) {
            self.segments.pop_front();
        }
        let oldest = self.segments.front().map(|(segment, _)| *segment);
        self.log.roll(oldest.unwrap_or(u64::MAX))
    }
}

/// Notes that a segment has blocks up to `end`.
fn note(segments: &mut VecDeque<(u64, u64)>, segment: u64, end: u64) {
    match segments.back_mut() {
        Some((last, last_end)) if *last == segment => *last_end = end,
        _ => segments.push_back((segment, end)),
    }
}

/// The name of an input's log among the files of a checkpoint.
fn name(input: &str) -> String {
    format!("input-{input}")
}

impl fmt::Debug for BlockLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockLog")
            .field("durable", &self.durable)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}
