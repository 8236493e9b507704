//! The format of object files, version 1.
//!
//! ```text
//! file   = magic (8 bytes "STRMOBJS"), version (u32), block*, end
//! block  = length of the payload in bytes (u32), records (u32, 1 to 65536), crc (u32), payload
//! end    = 8 (u32), 0 (u32), crc (u32), number of all records (u64)
//! ```
//!
//! Numbers are little-endian. A payload is its records one after the other, each in
//! [postcard](https://postcard.jamesmunns.com/wire-format)'s wire format. The crc is CRC-32 (IEEE)
//! over length, records and payload, so no byte behind the version goes unchecked, and a file that
//! was cut off lacks its end. The file does not name the type of its records.

use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;

pub(super) const MAGIC: [u8; 8] = *b"STRMOBJS";
pub(super) const VERSION: u32 = 1;
/// The most records of a block, so that a damaged count cannot keep a reader busy.
pub(super) const BLOCK_RECORDS: u32 = 1 << 16;
/// A block that has reached this size is written out. Its last record may reach far beyond.
const BLOCK_BYTES: usize = 1 << 16;

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) len: u32,
    pub(super) records: u32,
}

impl Head {
    /// The checksum of a block with this head.
    pub(super) fn crc(self, payload: &[u8]) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.len.to_le_bytes());
        crc.update(&self.records.to_le_bytes());
        crc.update(payload);
        crc.finalize()
    }
}

/// Writes the records of one partition as an object file, one block at a time.
///
/// # Errors
///
/// When the file cannot be written, or a record not be serialized.
pub(crate) fn write_objects<T: Serialize>(records: &[T], file: &mut File) -> io::Result<()> {
    file.write_all(&MAGIC)?;
    file.write_all(&VERSION.to_le_bytes())?;
    let mut block = Block::default();
    for record in records {
        block.push(record)?;
        if block.is_full() {
            block.write(file)?;
        }
    }
    if block.records > 0 {
        block.write(file)?;
    }
    write_block(file, 0, &(records.len() as u64).to_le_bytes())
}

#[derive(Default)]
struct Block {
    records: u32,
    payload: Vec<u8>,
}

impl Block {
    fn push<T: Serialize>(&mut self, record: &T) -> io::Result<()> {
        self.records += 1;
        postcard::to_io(record, &mut self.payload).map_err(io::Error::other)?;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.payload.len() >= BLOCK_BYTES || self.records == BLOCK_RECORDS
    }

    fn write(&mut self, file: &mut File) -> io::Result<()> {
        write_block(file, self.records, &self.payload)?;
        self.payload.clear();
        self.records = 0;
        Ok(())
    }
}

fn write_block(file: &mut File, records: u32, payload: &[u8]) -> io::Result<()> {
    let len = u32::try_from(payload.len()).map_err(|_| {
        let message = format!(
            "a block of {} bytes is too large: its records must stay below 4 GiB",
            payload.len()
        );
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })?;
    let head = Head { len, records };
    let numbers = [len, records, head.crc(payload)];
    file.write_all(numbers.map(u32::to_le_bytes).as_flattened())?;
    file.write_all(payload)
}
