//! Files as inputs: bounded ones, which end, and directories, to which files are added.

mod binary;
mod bounded;
mod directory;
#[cfg(test)]
mod harness;
mod listing;
mod part;
mod path_bytes;
mod reader;
#[cfg(test)]
mod recovery_tests;
mod watch;

use crate::block::{BlockSize, Text};
use crate::error::Result;
use crate::receiver::cut::Lines;

use part::{Parts, Piece};
use reader::{ReadBlocks, Reader};

pub use binary::{FixedRecords, binary_file, binary_records};
pub use bounded::{Files, text_file};
pub use directory::{Directory, text_files};

/// How long a line may be if nothing else is said.
const LONGEST_LINE: usize = 1 << 20;

type AnyReader<B> = Box<dyn ReadBlocks<B>>;

/// Reads lines of at most `longest` bytes.
fn line_reader(longest: usize) -> AnyReader<Text> {
    Box::new(Reader::new(Lines::new(longest)))
}

/// Takes blocks until there are `bytes` of them, or no more; and what was read for them.
fn take_up_to<B: BlockSize>(
    bytes: usize,
    mut next: impl FnMut() -> Result<Option<Piece<B>>>,
) -> Result<(Vec<B>, Parts)> {
    let (mut blocks, mut parts, mut taken) = (Vec::new(), Parts::default(), 0);
    while taken < bytes
        && let Some(piece) = next()?
    {
        parts.push(&piece);
        taken += piece.block.bytes();
        blocks.push(piece.block);
    }
    Ok((blocks, parts))
}

/// Reads the parts that a batch has read, once more.
fn read_again<B>(reader: &mut AnyReader<B>, parts: Parts) -> Result<Vec<B>> {
    reader.clear();
    parts.0.into_iter().for_each(|part| reader.add(part));
    let mut blocks = Vec::new();
    while let Some(piece) = reader.next()? {
        blocks.push(piece.block);
    }
    Ok(blocks)
}
