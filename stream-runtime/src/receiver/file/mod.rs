//! Files as inputs: bounded ones, which end, and directories, to which files are added.

mod binary;
mod bounded;
mod directory;
mod listing;
mod reader;
mod watch;

use crate::block::{BlockSize, Text};
use crate::error::Result;
use crate::receiver::cut::Lines;

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

/// Takes blocks until there are `bytes` of them, or no more.
fn take_up_to<B: BlockSize>(
    bytes: usize,
    mut next: impl FnMut() -> Result<Option<B>>,
) -> Result<Vec<B>> {
    let (mut blocks, mut taken) = (Vec::new(), 0);
    while taken < bytes
        && let Some(block) = next()?
    {
        taken += block.bytes();
        blocks.push(block);
    }
    Ok(blocks)
}
