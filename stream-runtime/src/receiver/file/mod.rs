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
mod taken;
mod watch;

use crate::block::Text;
use crate::error::Result;
use crate::receiver::cut::Lines;

use part::Parts;
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

/// Reads the parts that a batch has read, once more.
fn read_again<B>(reader: &mut AnyReader<B>, parts: Parts) -> Result<Vec<B>> {
    reader.clear();
    parts.parts.into_iter().for_each(|part| reader.add(part));
    let mut blocks = Vec::new();
    while let Some(piece) = reader.next()? {
        blocks.push(piece.block);
    }
    Ok(blocks)
}
