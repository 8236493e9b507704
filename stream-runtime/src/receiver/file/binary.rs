//! `binary_records`, `binary_file`: files of records that all have the same length.

use std::fmt;
use std::path::Path;

use crate::block::{Block, BlockSize};
use crate::receiver::cut::Cut;
use crate::record::Ref;

use super::bounded::Files;
use super::directory::Directory;
use super::reader::Reader;

/// The records of the binary files that are added to a directory, `record_length` bytes each:
/// Spark's `binaryRecordsStream`. The pipeline's parameter is a `Stream<&[u8]>`.
///
/// Which files are taken, and when, is as with [`text_files`](super::text_files).
///
/// # Errors
///
/// The job fails at a file whose length is not a multiple of the record length; the error names the
/// file and the offset of the record that is cut short.
///
/// # Panics
///
/// If `record_length` is zero.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(10ms)]
///     fn readings(records: Stream<&[u8]>, out: Sink<u16>) {
///         records.map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]])).to(out);
///     }
/// );
///
/// # let dir = tempfile::tempdir().unwrap();
/// std::fs::write(dir.path().join("readings"), [0, 1, 2, 3]).unwrap();
///
/// let (out, collected) = stream_runtime::sink::collect();
/// let records = binary_records(dir.path(), 2).new_files_only(false);
/// readings(records, out).max_batches(2).run()?;
/// assert_eq!(collected.rows().concat(), [0x0001, 0x0203]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn binary_records(
    directory: impl AsRef<Path>,
    record_length: usize,
) -> Directory<FixedRecords> {
    let reader = Box::new(Reader::new(Fixed::new(record_length)));
    Directory::new(directory.as_ref(), reader)
}

/// The records of a binary file, or of all files that match a pattern, `record_length` bytes each:
/// [`binary_records`] for a batch job that ends, as [`text_file`](super::text_file) is to
/// [`text_files`](super::text_files).
///
/// # Panics
///
/// If `record_length` is zero.
///
/// # Examples
///
/// ```
/// # use stream_runtime::prelude::*;
/// stream!(
///     fn count(records: Stream<&[u8]>, out: Sink<u64>) {
///         records.count().to(out);
///     }
/// );
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("records");
/// std::fs::write(&path, [0; 48]).unwrap();
///
/// let (out, collected) = stream_runtime::sink::collect();
/// count(binary_file(&path, 16), out).run()?;
/// assert_eq!(collected.rows(), [[3]]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn binary_file(path: impl AsRef<Path>, record_length: usize) -> Files<FixedRecords> {
    let reader = Box::new(Reader::new(Fixed::new(record_length)));
    Files::new(path.as_ref(), reader)
}

/// A block of records that all have the same length. Lends them as `&[u8]`.
#[derive(Clone, PartialEq, Eq)]
pub struct FixedRecords {
    bytes: Vec<u8>,
    length: usize,
}

impl BlockSize for FixedRecords {
    fn bytes(&self) -> usize {
        self.bytes.len().max(1)
    }

    fn records_hint(&self) -> usize {
        self.bytes.len() / self.length
    }

    fn halve(mut self) -> Result<(Self, Self), Self> {
        match self.records_hint() {
            0 | 1 => Err(self),
            records => match Fixed::split_off(&mut self, records / 2) {
                Some(rest) => Ok((self, rest)),
                None => Err(self),
            },
        }
    }
}

impl Block<Ref<[u8]>> for FixedRecords {
    #[inline(always)]
    fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.length)
    }
}

impl fmt::Debug for FixedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedRecords")
            .field("records", &self.records_hint())
            .field("length", &self.length)
            .finish()
    }
}

/// Cuts between records of one length.
struct Fixed {
    length: usize,
}

impl Fixed {
    fn new(length: usize) -> Self {
        assert!(length > 0, "a record has at least one byte");
        Self { length }
    }
}

impl Cut for Fixed {
    type Block = FixedRecords;

    fn whole(&mut self, bytes: &[u8]) -> usize {
        bytes.len() - bytes.len() % self.length
    }

    fn block(&mut self, bytes: Vec<u8>) -> FixedRecords {
        FixedRecords {
            bytes,
            length: self.length,
        }
    }

    fn check_rest(&self, len: usize) -> Result<(), String> {
        Err(format!(
            "the last record has {len} bytes instead of {}",
            self.length
        ))
    }

    fn split_off(block: &mut FixedRecords, records: usize) -> Option<FixedRecords> {
        let at = records.saturating_mul(block.length);
        (at < block.bytes.len()).then(|| FixedRecords {
            bytes: block.bytes.split_off(at),
            length: block.length,
        })
    }

    fn shorten(block: &mut FixedRecords, bytes: usize) -> bool {
        let ends = bytes.is_multiple_of(block.length) && bytes <= block.bytes.len();
        if ends {
            block.bytes.truncate(bytes);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::Source;
    use crate::receiver::harness::{check_recovery, context};
    use crate::time::BatchTime;

    fn read(bytes: &[u8], length: usize) -> Result<Vec<Vec<u8>>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        let mut source = binary_file(&path, length);
        source.start(&context(&ManualClock::new())).unwrap();
        let blocks = source.batch(BatchTime::ZERO);
        let shown = path.display().to_string();
        let blocks = blocks.map_err(|error| error.to_string().replace(&shown, "file"))?;
        let records = blocks.iter().flat_map(|block| block.records());
        Ok(records.map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn a_file_is_cut_into_records() {
        assert_eq!(read(b"aabbcc", 2).unwrap(), [b"aa", b"bb", b"cc"]);
        assert_eq!(read(b"", 2).unwrap(), Vec::<Vec<u8>>::new());
        let long = vec![7; 3 << 20];
        assert_eq!(read(&long, 3 << 20).unwrap(), [long]);
    }

    #[test]
    fn a_batch_has_no_more_records_than_may_come() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), b"aabbccdd").unwrap();
        std::fs::write(dir.path().join("b"), b"ee").unwrap();
        let limited = || {
            let mut source = binary_file(dir.path().join("*"), 2);
            source.set_rate(Some(3.0));
            source
        };
        let mut source = limited();
        source.start(&context(&ManualClock::new())).unwrap();
        let mut batch = || {
            let blocks = source.batch(BatchTime::ZERO).unwrap();
            let bytes = blocks.into_iter().flat_map(|block| block.bytes);
            String::from_utf8(bytes.collect()).unwrap()
        };
        assert_eq!([batch(), batch()], ["aabbcc", "ddee"]);
        check_recovery(limited, 3);
    }

    #[test]
    fn a_record_that_is_cut_short_is_an_error_with_its_place() {
        assert_eq!(
            read(b"aabbc", 2).unwrap_err(),
            "reading `file`: at offset 4: the last record has 1 bytes instead of 2"
        );
    }

    #[test]
    fn a_block_is_cut_between_records() {
        let block = |bytes: &[u8]| FixedRecords {
            bytes: bytes.to_vec(),
            length: 2,
        };
        let (first, second) = block(b"aabbcc").halve().unwrap();
        assert_eq!((first, second), (block(b"aa"), block(b"bbcc")));
        assert_eq!(block(b"aa").halve(), Err(block(b"aa")));
    }
}
