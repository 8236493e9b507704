//! Reads files, one after the other, block by block.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::receiver::buffer::Buffer;
use crate::receiver::cut::Cut;

/// How large blocks are.
const BLOCK: usize = 1 << 20;

/// Something that reads files, whatever their blocks are.
pub(super) trait ReadBlocks<B>: Send {
    /// Adds a file behind the others.
    fn add(&mut self, path: PathBuf);

    /// The next block; `None` when there is no more file.
    ///
    /// # Errors
    ///
    /// When a file cannot be read. It is given up; the next call goes on with the next one.
    fn next(&mut self) -> Result<Option<B>>;
}

/// The blocks of some files. A block is of one file, and cut by what is in the file alone.
pub(super) struct Reader<C> {
    waiting: VecDeque<PathBuf>,
    current: Option<Current>,
    buffer: Buffer<C>,
}

struct Current {
    path: PathBuf,
    file: File,
    /// How many bytes were read.
    offset: u64,
}

impl<C: Cut> Reader<C> {
    pub(super) fn new(cut: C) -> Self {
        Self::with_blocks(cut, BLOCK)
    }

    fn with_blocks(cut: C, size: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            current: None,
            buffer: Buffer::new(cut, size),
        }
    }

    /// The file that is being read, or the next one.
    fn open(&mut self) -> Result<Option<Current>> {
        if let Some(current) = self.current.take() {
            return Ok(Some(current));
        }
        let Some(path) = self.waiting.pop_front() else {
            return Ok(None);
        };
        match File::open(&path) {
            Ok(file) => Ok(Some(Current {
                path,
                file,
                offset: 0,
            })),
            Err(error) => Err(cannot_read(&path, error)),
        }
    }

    /// Fills the buffer; whether the file is at its end.
    fn read(&mut self, current: &mut Current) -> Result<bool> {
        loop {
            match current.file.read(self.buffer.space()) {
                Ok(0) => return Ok(true),
                Ok(len) => {
                    current.offset += len as u64;
                    self.buffer.fill(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buffer.clear();
                    return Err(cannot_read(&current.path, error));
                }
            }
            if self.buffer.is_full() {
                return Ok(false);
            }
        }
    }

    fn finish(&mut self, current: &Current) -> Result<Option<C::Block>> {
        self.buffer.finish().map_err(|rest| {
            self.buffer.clear();
            let at = current.offset - rest.len as u64;
            let problem = format!("at offset {at}: {}", rest.problem);
            let invalid = io::Error::new(io::ErrorKind::InvalidData, problem);
            cannot_read(&current.path, invalid)
        })
    }
}

impl<C: Cut> ReadBlocks<C::Block> for Reader<C> {
    fn add(&mut self, path: PathBuf) {
        self.waiting.push_back(path);
    }

    fn next(&mut self) -> Result<Option<C::Block>> {
        loop {
            let Some(mut current) = self.open()? else {
                return Ok(None);
            };
            let ended = self.read(&mut current)?;
            let block = match ended {
                true => self.finish(&current)?,
                false => self.buffer.take(),
            };
            if let pieces @ 1.. = self.buffer.cut.take_pieces() {
                let path = current.path.display();
                tracing::warn!(%path, "lines longer than the bound were cut, at {pieces} places");
            }
            if !ended {
                self.current = Some(current);
            }
            if block.is_some() {
                return Ok(block);
            }
        }
    }
}

fn cannot_read(path: &Path, error: io::Error) -> Error {
    Error::io(format!("reading `{}`", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Text;
    use crate::receiver::cut::Lines;

    fn read_all(files: &[&str], size: usize) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = Reader::with_blocks(Lines::new(1_000), size);
        for (index, content) in files.iter().enumerate() {
            let path = dir.path().join(index.to_string());
            std::fs::write(&path, content).unwrap();
            reader.add(path);
        }
        let blocks = std::iter::from_fn(|| reader.next().unwrap());
        let texts: Vec<_> = blocks
            .map(|block: Text| block.as_str().to_owned())
            .collect();
        assert!(reader.next().unwrap().is_none());
        texts
    }

    #[test]
    fn blocks_are_whole_lines_of_one_file() {
        assert_eq!(
            read_all(&["a\nbb\nccc\ndd", "", "e\n"], 8),
            ["a\nbb\n", "ccc\ndd", "e\n"]
        );
        assert_eq!(
            read_all(&["one long line\nx\nyy\n"], 4),
            ["one long line\nx\n", "yy\n"]
        );
        assert_eq!(
            read_all(&["1234\n678\n", "\n"], 4),
            ["1234\n", "678\n", "\n"]
        );
        assert_eq!(read_all(&[], 4), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = Reader::new(Lines::new(10));
        reader.add(dir.path().join("gone"));
        reader.add(dir.path().to_owned());
        let mut error = || reader.next().unwrap_err().to_string();
        let place = dir.path().display();
        assert!(error().starts_with(&format!("reading `{place}/gone`: ")));
        assert!(error().starts_with(&format!("reading `{place}`: ")));
        assert!(reader.next().unwrap().is_none());
    }
}
