//! Reads files, one after the other, block by block.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::receiver::buffer::Buffer;
use crate::receiver::cut::Cut;

use super::part::{Part, Piece, SplitOff, Stamp, changed};

/// How large blocks are.
const BLOCK: usize = 1 << 20;

/// Something that reads files, whatever their blocks are.
pub(super) trait ReadBlocks<B>: Send {
    /// Adds a file behind the others.
    fn add(&mut self, part: Part);

    /// The next block; `None` when there is no more file.
    ///
    /// # Errors
    ///
    /// When a file cannot be read. It is given up; the next call goes on with the next one.
    fn next(&mut self) -> Result<Option<Piece<B>>>;

    /// What is left to be read: of the file that was begun, and the files behind it.
    fn rest(&self) -> Vec<Part>;

    /// Forgets what is left to be read.
    fn clear(&mut self);

    /// How its blocks are cut.
    fn split_off(&self) -> SplitOff<B>;
}

/// The blocks of some files. A block is of one file, and where it ends follows from the file and
/// from where the block begins alone; or it is the last one of a part, and ends there. So whoever
/// begins again at the end of a block finds the same blocks as one who read on.
pub(super) struct Reader<C> {
    waiting: VecDeque<Part>,
    current: Option<Current>,
    buffer: Buffer<C>,
}

struct Current {
    path: Arc<Path>,
    file: File,
    stamp: Stamp,
    /// Where the next block begins.
    from: u64,
    /// How far it was read.
    read: u64,
    /// Where to end, if not at the end of the file.
    to: Option<u64>,
}

impl Current {
    fn open(part: &Part) -> io::Result<Self> {
        let mut file = File::open(&part.path)?;
        let stamp = Stamp::of(&file)?;
        if let Some(before) = part.stamp {
            stamp.check(before)?;
        }
        if part.from > 0 {
            file.seek(SeekFrom::Start(part.from))?;
        }
        Ok(Self {
            path: part.path.as_path().into(),
            file,
            stamp,
            from: part.from,
            read: part.from,
            to: part.to,
        })
    }

    fn cannot_read(&self, error: io::Error) -> Error {
        cannot_read(&self.path, error)
    }
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
        let Some(part) = self.waiting.pop_front() else {
            return Ok(None);
        };
        match Current::open(&part) {
            Ok(current) => Ok(Some(current)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && part.stamp.is_some() => {
                Err(cannot_read(&part.path, changed("it was removed")))
            }
            Err(error) => Err(cannot_read(&part.path, error)),
        }
    }

    /// Fills the buffer; whether the file is at its end.
    fn read(&mut self, current: &mut Current) -> Result<bool> {
        loop {
            match current.file.read(self.buffer.space()) {
                Ok(0) => return Ok(true),
                Ok(len) => {
                    current.read += len as u64;
                    self.buffer.fill(len);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buffer.clear();
                    return Err(current.cannot_read(error));
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
            let at = current.read - rest.len as u64;
            let problem = format!("at offset {at}: {}", rest.problem);
            current.cannot_read(io::Error::new(io::ErrorKind::InvalidData, problem))
        })
    }

    /// The next block of a file, and whether there is more of it.
    fn block(&mut self, current: &mut Current) -> Result<(Option<Piece<C::Block>>, bool)> {
        let ended = self.read(current)?;
        let block = match ended {
            true => self.finish(current)?,
            false => self.buffer.take(),
        };
        if let pieces @ 1.. = self.buffer.cut.take_pieces() {
            let path = current.path.display();
            tracing::warn!(%path, "lines longer than the bound were cut, at {pieces} places");
        }
        let from = current.from;
        current.from = current.read - self.buffer.len() as u64;
        let mut piece = block.map(|block| Piece {
            block,
            path: Arc::clone(&current.path),
            stamp: current.stamp,
            from,
            to: current.from,
            is_short: false,
        });
        if let (Some(piece), Some(to)) = (&mut piece, current.to) {
            piece.end_at::<C>(to); // a batch may have ended inside a block
            current.from = piece.to;
        }
        let done = self.is_done(current, ended)?;
        Ok((piece, !done))
    }

    /// Whether a file, or the part of it that is wanted, was read to its end.
    fn is_done(&mut self, current: &Current, ended: bool) -> Result<bool> {
        let Some(to) = current.to else {
            return Ok(ended);
        };
        if current.from >= to || ended {
            self.buffer.clear();
        }
        if current.from > to || (ended && current.from < to) {
            let no_block = format!("no block ends at offset {to} any more");
            return Err(current.cannot_read(changed(no_block)));
        }
        Ok(current.from == to)
    }
}

impl<C: Cut> ReadBlocks<C::Block> for Reader<C> {
    fn add(&mut self, part: Part) {
        self.waiting.push_back(part);
    }

    fn next(&mut self) -> Result<Option<Piece<C::Block>>> {
        loop {
            let Some(mut current) = self.open()? else {
                return Ok(None);
            };
            let (piece, more) = self.block(&mut current)?;
            if more {
                self.current = Some(current);
            }
            if piece.is_some() {
                return Ok(piece);
            }
        }
    }

    fn rest(&self) -> Vec<Part> {
        let current = self.current.iter().map(|current| Part {
            path: current.path.to_path_buf(),
            from: current.from,
            to: current.to,
            stamp: Some(current.stamp),
        });
        current.chain(self.waiting.iter().cloned()).collect()
    }

    fn clear(&mut self) {
        self.waiting.clear();
        self.current = None;
        self.buffer.clear();
    }

    fn split_off(&self) -> SplitOff<C::Block> {
        C::split_off
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
            reader.add(Part::whole(path));
        }
        let pieces = std::iter::from_fn(|| reader.next().unwrap());
        let texts: Vec<_> = pieces
            .map(|piece: Piece<Text>| piece.block.as_str().to_owned())
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
        reader.add(Part::whole(dir.path().join("gone")));
        reader.add(Part::whole(dir.path().to_owned()));
        let mut error = || reader.next().unwrap_err().to_string();
        let place = dir.path().display();
        assert!(error().starts_with(&format!("reading `{place}/gone`: ")));
        assert!(error().starts_with(&format!("reading `{place}`: ")));
        assert!(reader.next().unwrap().is_none());
    }

    /// What is read of a file, block by block, from `from` on: `(text, from, to)`.
    fn pieces(part: Part, longest: usize) -> Vec<(String, u64, u64)> {
        let mut reader = Reader::with_blocks(Lines::new(longest), 8);
        reader.add(part);
        let pieces = std::iter::from_fn(|| reader.next().unwrap());
        pieces
            .map(|piece| (piece.block.as_str().to_owned(), piece.from, piece.to))
            .collect()
    }

    #[test]
    fn the_same_blocks_follow_wherever_reading_begins_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let long = "a line of forty bytes, which is too long";
        let content = format!("1\n22\n333\n\n{long}\n55555\n{long}{long}\n6\n7\n88888888\n{long}");
        std::fs::write(&path, content).unwrap();
        for longest in [9, 20, 100] {
            let whole = pieces(Part::whole(path.clone()), longest);
            assert!(whole.len() > 4);
            for (begin, (_, from, _)) in whole.iter().enumerate() {
                let part = Part {
                    from: *from,
                    ..Part::whole(path.clone())
                };
                assert_eq!(pieces(part, longest), whole[begin..]);
                for (end, (_, _, to)) in whole.iter().enumerate().skip(begin) {
                    let (from, to) = (*from, Some(*to));
                    let part = Part {
                        from,
                        to,
                        ..Part::whole(path.clone())
                    };
                    assert_eq!(pieces(part, longest), whole[begin..=end]);
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_not_what_it_was_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "1\n2\n").unwrap();
        let mut reader = Reader::with_blocks(Lines::new(10), 2);
        reader.add(Part::whole(path.clone()));
        assert!(reader.next().unwrap().is_some());
        let rest = reader.rest().remove(0);
        assert_eq!(rest.from, 2);
        let mut error = |part: &Part| {
            reader.clear();
            reader.add(part.clone());
            let read = std::iter::from_fn(|| reader.next().transpose());
            let error = read.last().unwrap().unwrap_err().to_string();
            let (problem, remedy) = error.split_once(" since a batch read it").unwrap();
            assert!(remedy.contains("put it back as it was"));
            problem.rsplit_once("`: ").unwrap().1.to_owned()
        };
        let shorter = Part {
            to: Some(3),
            ..rest.clone()
        };
        assert_eq!(error(&shorter), "no block ends at offset 3 any more");
        let longer = Part {
            to: Some(5),
            ..rest.clone()
        };
        assert_eq!(error(&longer), "no block ends at offset 5 any more");
        std::fs::write(&path, "1\n2\n3\n").unwrap();
        assert_eq!(error(&rest), "it has 6 bytes and had 4");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(error(&rest), "it was removed");
    }
}
