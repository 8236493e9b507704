//! `text_file`: files that are there already, as the input of a batch job.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use crate::block::{BlockSize, Text};
use crate::error::{Error, Result};
use crate::rate::Quota;
use crate::receiver::recovery::{decode, encode, unfit};
use crate::receiver::{Recovery, Source, SourceContext};
use crate::site::panic_message;
use crate::time::BatchTime;

use super::listing::matching;
use super::part::{Part, Parts, Piece, SplitOff};
use super::taken::Taken;
use super::{AnyReader, LONGEST_LINE, line_reader, read_again};

/// How many blocks may be read ahead of the job.
const AHEAD: usize = 64;

/// The lines of a text file, or of all files that match a pattern such as `logs/*.txt`, in the
/// order of their paths: the same pipeline as a batch job that ends.
///
/// A job whose inputs are all of this kind does not wait for the clock: batch follows batch as fast
/// as they can be processed, each with the next 64 MiB ([`batch_bytes`](Files::batch_bytes)), and
/// the job ends after the last line. Where the batches are cut depends on the files alone, unless the
/// job limits the rate: then a batch has the records that may come in one batch interval.
///
/// A line ends with `\n` or `\r\n`; a last line without its end is a line too. Bytes that are not
/// UTF-8 are kept: see [`Text`]. A line of more than 1 MiB ([`max_line`](Files::max_line)) is cut
/// into pieces of that length, each a record, and the log says so.
///
/// Cost: one pass over the file on a thread that reads ahead of the job. Memory: a batch, and up to
/// 64 MiB ahead of it.
///
/// # Errors
///
/// The job does not start when no file is there, and fails when one cannot be read.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     fn long_lines(lines: Stream<&str>, out: Sink<&str>) {
///         lines.filter(|line| line.len() > 3).to(out);
///     }
/// );
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("words.txt");
/// std::fs::write(&path, "to be\nor\nnot to be").unwrap();
///
/// let (out, collected) = stream_runtime::sink::collect();
/// long_lines(text_file(&path), out).run()?;
/// assert_eq!(collected.rows(), [["to be", "not to be"]]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn text_file(path: impl AsRef<Path>) -> Files<Text> {
    Files::new(path.as_ref(), line_reader(LONGEST_LINE))
}

/// The source made by [`text_file`] and [`binary_file`](super::binary_file).
pub struct Files<B> {
    path: PathBuf,
    reader: Option<AnyReader<B>>,
    batch_bytes: usize,
    input: String,
    paths: Vec<PathBuf>,
    position: Position,
    ahead: Option<Ahead<B>>,
    split: SplitOff<B>,
    /// The first block of the next batch, so that the end is known when the last block is given; or
    /// what the last batch was not allowed of a block.
    next: Option<Piece<B>>,
    quota: Quota,
    stopped: bool,
}

const KIND: &str = "files";

/// Where a batch ends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Position {
    /// Which file, counted from zero.
    file: u64,
    /// What is left of it; nothing was read without.
    rest: Option<Part>,
    /// All files were read to their end.
    ended: bool,
    /// What the batch has read.
    batch: Parts,
}

/// A thread that reads ahead.
struct Ahead<B> {
    pieces: Receiver<Result<Piece<B>>>,
    thread: JoinHandle<()>,
}

impl<B: BlockSize> Files<B> {
    pub(super) fn new(path: &Path, reader: AnyReader<B>) -> Self {
        Self {
            path: path.to_owned(),
            split: reader.split_off(),
            reader: Some(reader),
            batch_bytes: 64 << 20,
            input: String::new(),
            paths: Vec::new(),
            position: Position::default(),
            ahead: None,
            next: None,
            quota: Quota::default(),
            stopped: false,
        }
    }

    /// How many bytes make a batch; a batch may have up to a block of 1 MiB more.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.max(1);
        self
    }

    /// The next block, or what is left of one.
    fn next(&mut self) -> Result<Option<Piece<B>>> {
        match self.next.take() {
            Some(piece) => Ok(Some(piece)),
            None => self.receive(),
        }
    }

    /// The next block; waits for it to be read.
    fn receive(&mut self) -> Result<Option<Piece<B>>> {
        self.read_ahead()?;
        let Some(ahead) = &self.ahead else {
            return Ok(None);
        };
        if let Ok(piece) = ahead.pieces.recv() {
            return piece.map(Some);
        }
        self.position.ended = true;
        match self.ahead.take().map(|ahead| ahead.thread.join()) {
            Some(Err(payload)) => {
                Err(self.error(format!("the reader panicked: {}", panic_message(&*payload))))
            }
            _ => Ok(None),
        }
    }

    /// Begins to read what is left, if it was not begun.
    fn read_ahead(&mut self) -> Result<()> {
        if self.is_finished() {
            return Ok(());
        }
        let Some(mut reader) = self.reader.take() else {
            return Ok(());
        };
        reader.clear();
        self.rest().for_each(|part| reader.add(part));
        let (sender, pieces) = sync_channel(AHEAD);
        let thread = std::thread::Builder::new().name(format!("reader-{}", self.input));
        let thread = thread.spawn(move || {
            // It ends when there is no more, after an error, and when the job is gone.
            while let Some(piece) = reader.next().transpose() {
                if sender.send(piece).is_err() {
                    break;
                }
            }
        });
        let thread = thread.map_err(|error| Error::io("starting a reader's thread", error))?;
        self.ahead = Some(Ahead { pieces, thread });
        Ok(())
    }

    /// The files after the position.
    fn rest(&self) -> impl Iterator<Item = Part> {
        let begun = usize::from(self.position.rest.is_some());
        let whole = self.paths.iter().skip(self.position.file as usize + begun);
        let whole = whole.cloned().map(Part::whole);
        self.position.rest.clone().into_iter().chain(whole)
    }

    /// Moves the position to the end of what a batch has read.
    fn advance(&mut self, batch: Parts) {
        if let Some(last) = batch.parts.last() {
            let file = self.paths.iter().skip(self.position.file as usize);
            let passed = file.take_while(|path| **path != last.path).count();
            self.position.file += passed as u64;
            self.position.rest = Some(Part {
                from: last.to.unwrap_or_default(),
                to: None,
                ..last.clone()
            });
        }
        self.position.batch = batch;
    }

    /// Checks that the files before the position, and the one in which it is, are the same.
    fn check(&self, position: &Position) -> Result<()> {
        let Some(rest) = &position.rest else {
            return Ok(());
        };
        let index = self.paths.iter().position(|path| *path == rest.path);
        let (file, path) = (position.file, rest.path.display());
        match index {
            Some(index) if index as u64 == file => Ok(()),
            Some(index) => Err(unfit(
                &self.input,
                format_args!(
                    "the checkpoint is in `{path}`, before which there were {file} files, and there are {index}"
                ),
            )),
            None => Err(unfit(
                &self.input,
                format_args!("the checkpoint is in `{path}`, which is not there any more"),
            )),
        }
    }

    fn error(&self, cause: String) -> Error {
        Error::Input {
            input: self.input.clone(),
            cause,
        }
    }
}

impl Files<Text> {
    /// Of how many bytes a line may be; a longer one is cut into pieces of this length.
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.reader = Some(line_reader(bytes));
        self
    }
}

impl<B: BlockSize> Source for Files<B> {
    type Block = B;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.input.clone_from(&context.input);
        self.quota.begin(context.batch_interval);
        self.paths = matching(&self.path).map_err(|cause| self.error(cause))?;
        Ok(())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<B>> {
        self.quota.cover(time);
        let mut taken = Taken::new(self.batch_bytes, self.quota.next(), self.split);
        while !taken.is_full()
            && let Some(piece) = self.next()?
        {
            self.next = taken.add(piece);
        }
        self.quota.took(taken.records);
        self.next = self.next()?;
        self.advance(taken.parts);
        Ok(taken.blocks)
    }

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        encode(KIND, &self.position)
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        self.start(context)?;
        let position = decode(&self.input, KIND, position)?;
        self.check(&position)?;
        self.position = position;
        Ok(())
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<B>> {
        let end: Position = decode(&self.input, KIND, end)?;
        self.check(&end)?;
        let Some(reader) = &mut self.reader else {
            return Err(self.error("it has read on, and cannot give a batch again".to_owned()));
        };
        let blocks = read_again(reader, end.batch.clone())?;
        self.position = end;
        Ok(blocks)
    }

    fn is_finished(&self) -> bool {
        self.position.ended || self.stopped
    }

    fn is_at_rest(&self) -> bool {
        true
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.quota.set(records_per_second);
    }

    /// What no batch has taken yet was not received.
    fn stop(&mut self) {
        self.stopped = true;
        self.ahead = None;
        self.next = None;
    }
}

impl<B> fmt::Debug for Files<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("path", &self.path)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::clock::ManualClock;
    use crate::receiver::harness::context;

    fn batches(mut source: Files<Text>) -> Vec<String> {
        source.start(&context(&ManualClock::new())).unwrap();
        let mut batches = Vec::new();
        while !source.is_finished() {
            let blocks = source.batch(BatchTime::ZERO).unwrap();
            batches.push(blocks.iter().map(Text::as_str).collect());
        }
        batches
    }

    fn error(path: &Path) -> String {
        let started = text_file(path).start(&context(&ManualClock::new()));
        started.unwrap_err().to_string()
    }

    #[test]
    fn files_are_read_in_order_and_the_end_is_known_with_the_last_batch() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("b.txt"), "3\n4").unwrap();
        fs::write(dir.path().join("a.txt"), "1\n2\n").unwrap();
        fs::write(dir.path().join("c.log"), "5\n").unwrap();
        fs::create_dir(dir.path().join("d.txt")).unwrap();
        let all = || text_file(dir.path().join("*.txt"));
        assert_eq!(batches(all()), ["1\n2\n3\n4"]);
        assert_eq!(batches(all().batch_bytes(4)), ["1\n2\n", "3\n4"]);
        assert_eq!(batches(text_file(dir.path().join("c.log"))), ["5\n"]);
    }

    #[test]
    fn a_batch_has_no_more_lines_than_may_come() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1\n2\n3\n4\n5\n").unwrap();
        fs::write(dir.path().join("b"), "6\n7\n").unwrap();
        let limited = |rate: f64| {
            let mut source = text_file(dir.path().join("*"));
            source.set_rate(Some(rate));
            batches(source)
        };
        assert_eq!(limited(3.0), ["1\n2\n3\n", "4\n5\n6\n", "7\n"]);
        assert_eq!(limited(2.5), ["1\n2\n", "3\n4\n5\n", "6\n7\n"]);
        assert_eq!(limited(0.5)[..4], ["", "1\n", "", "2\n"]);
        assert_eq!(limited(1_000.0), ["1\n2\n3\n4\n5\n6\n7\n"]);
    }

    #[test]
    fn a_limit_may_come_and_go_within_a_block() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1\n2\n3\n4\n").unwrap();
        let mut source = text_file(dir.path().join("a"));
        source.start(&context(&ManualClock::new())).unwrap();
        let mut batch = |rate| {
            source.set_rate(rate);
            let blocks = source.batch(BatchTime::ZERO).unwrap();
            let text = blocks.iter().map(Text::as_str).collect::<String>();
            (text, source.is_finished())
        };
        assert_eq!(batch(Some(1.0)), ("1\n".to_owned(), false));
        assert_eq!(batch(Some(0.0)), (String::new(), false));
        assert_eq!(batch(None), ("2\n3\n4\n".to_owned(), true));
    }

    #[test]
    fn a_line_that_was_cut_comes_as_a_whole_and_the_next_batches_pay() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "0123456789abcdef\n1\n").unwrap();
        fs::write(dir.path().join("b"), "2\n").unwrap();
        let mut source = text_file(dir.path().join("*")).max_line(4);
        source.set_rate(Some(2.0));
        let whole = "0123\r\n4567\r\n89ab\r\ncdef\n1\n";
        assert_eq!(batches(source), [whole, "", "2\n"]);
    }

    #[test]
    fn an_empty_file_is_one_empty_batch() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        assert_eq!(batches(text_file(dir.path().join("a"))), [""]);
    }

    #[test]
    fn what_is_not_there_is_an_error_at_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().display();
        let missing = format!("input `input`: no file matches `{place}/a*.txt`");
        assert_eq!(error(&dir.path().join("a*.txt")), missing);
        assert!(error(dir.path()).contains("is a directory: write"));
        assert!(error(Path::new("***")).contains("`***`: "));
    }

    #[test]
    fn a_file_that_goes_bad_fails_the_batch() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "x").unwrap();
        let mut source = text_file(&path);
        source.start(&context(&ManualClock::new())).unwrap();
        fs::remove_file(&path).unwrap();
        let error = source.batch(BatchTime::ZERO).unwrap_err().to_string();
        assert!(
            error.starts_with("reading `") && error.contains("/a`: "),
            "{error}"
        );
    }

    #[test]
    fn a_stopped_source_gives_no_more() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "1\n").unwrap();
        fs::write(dir.path().join("b"), "2\n").unwrap();
        let mut source = text_file(dir.path().join("*")).batch_bytes(1);
        source.start(&context(&ManualClock::new())).unwrap();
        assert_eq!(source.batch(BatchTime::ZERO).unwrap().len(), 1);
        assert!(!source.is_finished());
        source.stop();
        assert!(source.batch(BatchTime::ZERO).unwrap().is_empty());
        assert!(source.is_finished());
    }
}
