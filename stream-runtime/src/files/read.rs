//! Reading object files back.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::{fmt, vec};

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

use super::at;
use super::directory::parts_of;
use super::objects::{BLOCK_RECORDS, Head, MAGIC, VERSION};

/// Reads what [`save_as_object_files`](crate::Stream::save_as_object_files) has saved for one
/// batch: `path` is its directory, or one part in it.
///
/// The records come part by part, in their order, as type `T`: the type that the stream had, with
/// owned fields for borrowed ones (`String` for `&str`). The files do not name that type; bytes
/// that do not fit it are an error as far as it can be told.
///
/// A block of records is read and checked before any record of it is given out. Memory: one block,
/// 64 KiB or one record, and never more than the file is long, whatever a damaged file claims.
///
/// # Errors
///
/// When the directory is missing or not whole, and, as an item, when a part cannot be read, is of
/// another kind or version, or is damaged; nothing comes after that.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::read_object_files;
/// use stream_runtime::testing::run_output;
///
/// stream!(
///     fn save(words: Stream<&str>, prefix: String) {
///         words.map(|word| (word, word.len())).save_as_object_files(&prefix, "obj");
///     }
/// );
///
/// # let dir = tempfile::tempdir()?;
/// let prefix = dir.path().join("lengths").display().to_string();
/// run_output(|words| save(words, prefix.clone()), [["to", "question"]]);
///
/// let read = read_object_files::<(String, usize)>(format!("{prefix}-1000.obj"))?;
/// let rows: Vec<(String, usize)> = read.collect::<Result<_, _>>()?;
/// assert_eq!(rows, [("to".to_owned(), 2), ("question".to_owned(), 8)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_object_files<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<ObjectFiles<T>> {
    let path = path.as_ref();
    let parts = if path.is_file() {
        Ok(vec![path.to_owned()])
    } else {
        parts_of(path)
    };
    let parts = parts.map_err(|error| Error::io("reading object files", error))?;
    Ok(ObjectFiles {
        parts: parts.into_iter(),
        part: None,
        records: PhantomData,
    })
}

/// The records of object files: see [`read_object_files`].
pub struct ObjectFiles<T> {
    parts: vec::IntoIter<PathBuf>,
    part: Option<Part>,
    records: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for ObjectFiles<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectFiles")
            .field("parts_left", &self.parts.len())
            .finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned> Iterator for ObjectFiles<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let next = self.try_next().map_err(|error| {
            self.parts = Vec::new().into_iter();
            self.part = None;
            Error::io("reading object files", error)
        });
        next.transpose()
    }
}

impl<T: DeserializeOwned> ObjectFiles<T> {
    fn try_next(&mut self) -> io::Result<Option<T>> {
        loop {
            if let Some(part) = &mut self.part {
                match part.next().map_err(|error| at(&part.path, error))? {
                    Some(record) => return Ok(Some(record)),
                    None => self.part = None,
                }
            } else if let Some(path) = self.parts.next() {
                self.part = Some(Part::open(path)?);
            } else {
                return Ok(None);
            }
        }
    }
}

/// One file, read block by block.
struct Part {
    path: PathBuf,
    file: BufReader<File>,
    payload: Vec<u8>,
    /// Where in the payload the next record stands.
    at: usize,
    /// How many records of the payload are left.
    left: u32,
    /// How many records the blocks before and this one have.
    records: u64,
}

impl Part {
    fn open(path: PathBuf) -> io::Result<Self> {
        let opened = File::open(&path).and_then(|file| {
            let mut file = BufReader::new(file);
            check_kind(&mut file)?;
            Ok(file)
        });
        Ok(Self {
            file: opened.map_err(|error| at(&path, error))?,
            path,
            payload: Vec::new(),
            at: 0,
            left: 0,
            records: 0,
        })
    }

    fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        if self.left == 0 && !self.next_block()? {
            return Ok(None);
        }
        let rest = self.payload.get(self.at..).unwrap_or_default();
        let (record, rest) = postcard::take_from_bytes(rest).map_err(|error| {
            let wanted = std::any::type_name::<T>();
            invalid(format!("its records are not of type `{wanted}`: {error}"))
        })?;
        self.at = self.payload.len() - rest.len();
        self.left -= 1;
        Ok(Some(record))
    }

    /// Reads and checks the next block; false if it is the end.
    fn next_block(&mut self) -> io::Result<bool> {
        if self.at < self.payload.len() {
            return Err(invalid(
                "its records are of another type: bytes are left over",
            ));
        }
        let head = self.read_block()?;
        if head.records == 0 {
            self.check_end().map(|()| false)
        } else {
            self.left = head.records;
            self.records += u64::from(head.records);
            Ok(true)
        }
    }

    fn read_block(&mut self) -> io::Result<Head> {
        let [len, records, crc] = [(); 3].map(|()| read_u32(&mut self.file));
        let (head, crc) = (
            Head {
                len: len?,
                records: records?,
            },
            crc?,
        );
        self.at = 0;
        self.payload.clear();
        // Grows with what is there, not with what the head claims.
        let mut payload = self.file.by_ref().take(head.len.into());
        if payload.read_to_end(&mut self.payload)? < head.len as usize {
            return Err(cut_off());
        }
        if head.crc(&self.payload) != crc || head.records > BLOCK_RECORDS {
            return Err(invalid(
                "it is damaged: a block does not match its checksum",
            ));
        }
        Ok(head)
    }

    /// The end says how many records there were, and nothing comes after it.
    fn check_end(&mut self) -> io::Result<()> {
        let total = self.payload.first_chunk().copied().map(u64::from_le_bytes);
        if total != Some(self.records) || self.file.read(&mut [0])? != 0 {
            return Err(invalid(
                "it is damaged: blocks are missing, or something follows its end",
            ));
        }
        self.payload.clear();
        Ok(())
    }
}

fn check_kind(file: &mut impl Read) -> io::Result<()> {
    let mut magic = [0; MAGIC.len()];
    read_exact(file, &mut magic)?;
    let version = read_u32(file)?;
    if magic != MAGIC {
        Err(invalid("it is not an object file"))
    } else if version != VERSION {
        Err(invalid(format!(
            "it is of version {version}, and {VERSION} is what can be read"
        )))
    } else {
        Ok(())
    }
}

fn read_u32(file: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    read_exact(file, &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_exact(file: &mut impl Read, bytes: &mut [u8]) -> io::Result<()> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => cut_off(),
        _ => error,
    })
}

fn cut_off() -> io::Error {
    invalid("it is cut off")
}

fn invalid(problem: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Serialize;
    use tempfile::TempDir;

    use super::*;
    use crate::files::write_objects;

    /// A file of these records.
    fn written<T: Serialize>(records: &[T]) -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part-00000");
        write_objects(records, &mut File::create(&path).unwrap()).unwrap();
        (directory, path)
    }

    fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
        read_object_files(path)?.collect()
    }

    #[test]
    fn records_come_back_whatever_their_number_and_size() {
        let (_directory, path) = written::<u64>(&[]);
        assert!(read::<u64>(&path).unwrap().is_empty());
        let many: Vec<u64> = (0..200_000).collect();
        let (_directory, path) = written(&many);
        assert_eq!(read::<u64>(&path).unwrap(), many);
        let large = ["a".repeat(100_000), String::new(), "b".repeat(300_000)];
        let (_directory, path) = written(&large);
        assert_eq!(read::<String>(&path).unwrap(), large);
        let (_directory, path) = written(&[(); 70_000]);
        assert_eq!(read::<()>(&path).unwrap().len(), 70_000);
    }

    #[test]
    fn a_file_with_any_bit_turned_or_any_end_cut_off_is_an_error() {
        let records = [("to", 1u64), ("be", 300), ("or", u64::MAX)];
        let (_directory, path) = written(&records);
        let whole = fs::read(&path).unwrap();
        let error_of = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read::<(String, u64)>(&path).unwrap_err().to_string()
        };
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(error_of(&damaged).contains("part-00000"));
        }
        for len in 0..whole.len() {
            assert!(error_of(&whole[..len]).ends_with("it is cut off"));
        }
        assert!(error_of(&[&whole[..], &[0]].concat()).contains("follows its end"));
    }

    #[test]
    fn records_of_another_type_are_an_error_and_the_end() {
        let (_directory, path) = written(&[(1u64, 2u64), (3, 4)]);
        let error = read::<String>(&path).unwrap_err().to_string();
        assert!(
            error.contains("not of type `alloc::string::String`"),
            "{error}"
        );
        let mut records = read_object_files::<u64>(&path).unwrap();
        assert!(records.by_ref().take(2).all(|record| record.is_ok()));
        let error = records.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("bytes are left over"), "{error}");
        assert!(records.next().is_none());
    }

    #[test]
    fn a_directory_that_is_not_whole_is_refused() {
        let (directory, _path) = written(&[1]);
        let error = read::<i32>(directory.path()).unwrap_err().to_string();
        assert!(error.contains("`_SUCCESS`"), "{error}");
        let missing = directory.path().join("o-1000.obj");
        let error = read::<i32>(&missing).unwrap_err().to_string();
        assert!(error.contains("o-1000.obj`: ") && !error.contains("_SUCCESS"));
    }
}
