//! `text_file`: files that are there already, as the input of a batch job.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use crate::block::{BlockSize, Text};
use crate::error::{Error, Result};
use crate::receiver::{Source, SourceContext};
use crate::site::panic_message;
use crate::time::BatchTime;

use super::listing::matching;
use super::{AnyReader, LONGEST_LINE, line_reader, take_up_to};

/// How many blocks may be read ahead of the job.
const AHEAD: usize = 64;

/// The lines of a text file, or of all files that match a pattern such as `logs/*.txt`, in the
/// order of their paths: the same pipeline as a batch job that ends.
///
/// A job whose inputs are all of this kind does not wait for the clock: batch follows batch as fast
/// as they can be processed, each with the next 64 MiB ([`batch_bytes`](Files::batch_bytes)), and
/// the job ends after the last line. Where the batches are cut depends on the files alone.
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
    ahead: Option<Ahead<B>>,
    /// The first block of the next batch, so that the end is known when the last block is given.
    next: Option<B>,
    ended: bool,
}

/// A thread that reads ahead.
struct Ahead<B> {
    blocks: Receiver<Result<B>>,
    thread: JoinHandle<()>,
}

impl<B: BlockSize> Files<B> {
    pub(super) fn new(path: &Path, reader: AnyReader<B>) -> Self {
        Self {
            path: path.to_owned(),
            reader: Some(reader),
            batch_bytes: 64 << 20,
            input: String::new(),
            ahead: None,
            next: None,
            ended: false,
        }
    }

    /// How many bytes make a batch; a batch may have up to a block of 1 MiB more.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.max(1);
        self
    }

    /// The next block; waits for it to be read.
    fn receive(&mut self) -> Result<Option<B>> {
        let Some(ahead) = &self.ahead else {
            return Ok(None);
        };
        if let Ok(block) = ahead.blocks.recv() {
            return block.map(Some);
        }
        self.ended = true;
        match self.ahead.take().map(|ahead| ahead.thread.join()) {
            Some(Err(payload)) => Err(Error::Input {
                input: self.input.clone(),
                cause: format!("the reader panicked: {}", panic_message(&*payload)),
            }),
            _ => Ok(None),
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
        let Some(mut reader) = self.reader.take() else {
            return Ok(());
        };
        let paths = matching(&self.path).map_err(|cause| Error::Input {
            input: context.input.clone(),
            cause,
        })?;
        paths.into_iter().for_each(|path| reader.add(path));
        let (sender, blocks) = sync_channel(AHEAD);
        let thread = std::thread::Builder::new().name(format!("reader-{}", context.input));
        let thread = thread.spawn(move || {
            // It ends when there is no more, after an error, and when the job is gone.
            while let Some(block) = reader.next().transpose() {
                if sender.send(block).is_err() {
                    break;
                }
            }
        });
        let thread = thread.map_err(|error| Error::io("starting a reader's thread", error))?;
        self.ahead = Some(Ahead { blocks, thread });
        Ok(())
    }

    fn batch(&mut self, _: BatchTime) -> Result<Vec<B>> {
        let blocks = take_up_to(self.batch_bytes, || match self.next.take() {
            Some(block) => Ok(Some(block)),
            None => self.receive(),
        })?;
        if !self.ended {
            self.next = self.receive()?;
        }
        Ok(blocks)
    }

    fn is_finished(&self) -> bool {
        self.ended
    }

    fn is_at_rest(&self) -> bool {
        true
    }

    /// What no batch has taken yet was not received.
    fn stop(&mut self) {
        self.ended = true;
        self.ahead = None;
        self.next = None;
    }
}

impl<B> fmt::Debug for Files<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("path", &self.path)
            .field("ended", &self.ended)
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
        let mut source = text_file(dir.path().join("*"));
        let mut reader = line_reader(10);
        reader.add(dir.path().join("gone"));
        source.reader = Some(reader);
        source.start(&context(&ManualClock::new())).unwrap();
        let error = source.batch(BatchTime::ZERO).unwrap_err().to_string();
        assert!(
            error.starts_with("reading `") && error.contains("/gone`: "),
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
