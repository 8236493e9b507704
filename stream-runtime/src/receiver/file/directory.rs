//! `text_files`: files that are added to a directory.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::block::{BlockSize, Text};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::rate::Quota;
use crate::receiver::recovery::{decode, encode};
use crate::receiver::{ReceiverPhase, ReceiverStatus, Recovery, Source, SourceContext};
use crate::time::BatchTime;

use super::listing::{check_directory, is_visible, list};
use super::part::{Part, Parts, Piece, SplitOff};
use super::taken::Taken;
use super::watch::{Seen, Watch};
use super::{AnyReader, LONGEST_LINE, line_reader, read_again};

/// The lines of the text files that are added to a directory, or to the directories that match a
/// pattern such as `logs/2024-*`: Spark's `textFileStream`.
///
/// Spark's rules:
///
/// * A file belongs to the first batch that sees it, if it was modified after the job started
///   ([`new_files_only`](Directory::new_files_only)) and not after the batch time.
/// * A file must appear at once: write it elsewhere in the same file system and rename it. What is
///   added to it later is ignored. From when it was written to when it appears a minute may pass,
///   not more.
/// * A file whose name begins with a dot is ignored, and so are sub-directories. See
///   [`filter`](Directory::filter).
///
/// Unlike Spark's, a batch takes the files one after the other until it has 256 MiB
/// ([`batch_bytes`](Directory::batch_bytes)), or as many records as may come in one batch interval if
/// the job limits the rate; what is left comes in the next batches. A file that
/// was removed before it could be read is reported. Lines are cut and kept as by
/// [`text_file`](super::text_file). The input is never finished.
///
/// Cost: the directory is listed in each batch, and the modification time of each file is looked at
/// that was not taken: some 2 µs a file. Files are read by the driver.
///
/// # Errors
///
/// The job does not start when the directory is not there, unless it is a pattern; and fails when a
/// file cannot be read.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
///
/// stream!(
///     #[batch(10ms)]
///     fn errors(lines: Stream<&str>, out: Sink<&str>) {
///         lines.filter(|line| line.starts_with("error")).to(out);
///     }
/// );
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let logs = dir.path();
/// std::fs::write(logs.join(".part"), "ok\nerror: disk full\n").unwrap();
///
/// let (out, collected) = stream_runtime::sink::collect();
/// let job = errors(text_files(logs).new_files_only(false), out);
/// std::fs::rename(logs.join(".part"), logs.join("app.log")).unwrap();
/// job.max_batches(2).run()?;
/// assert_eq!(collected.rows().concat(), ["error: disk full"]);
/// # Ok::<(), stream_runtime::Error>(())
/// ```
pub fn text_files(directory: impl AsRef<Path>) -> Directory<Text> {
    Directory::new(directory.as_ref(), line_reader(LONGEST_LINE))
}

/// The source made by [`text_files`] and [`binary_records`](super::binary_records).
pub struct Directory<B> {
    path: PathBuf,
    reader: AnyReader<B>,
    new_files_only: bool,
    filter: Filter,
    batch_bytes: usize,
    split: SplitOff<B>,
    quota: Quota,
    /// What the last batch was not allowed of a block.
    next: Option<Piece<B>>,
    input: String,
    clock: Option<Arc<dyn Clock>>,
    /// There from the start of the job.
    watch: Option<Watch>,
    /// What the last batch has read.
    batch: Parts,
    /// Files that are modified after this time are not looked for.
    stopped: Option<BatchTime>,
    /// No more files are looked for.
    ended: bool,
    status: ReceiverStatus,
}

const KIND: &str = "directory";

/// Where a batch ends.
#[derive(Serialize, Deserialize)]
struct Position {
    watch: Option<Seen>,
    /// What is left to be read of the files that were found.
    rest: Vec<Part>,
    /// What the batch has read.
    batch: Parts,
}

type Filter = Box<dyn Fn(&Path) -> bool + Send>;

impl<B: BlockSize> Directory<B> {
    pub(super) fn new(path: &Path, reader: AnyReader<B>) -> Self {
        Self {
            path: path.to_owned(),
            split: reader.split_off(),
            reader,
            new_files_only: true,
            filter: Box::new(is_visible),
            batch_bytes: 256 << 20,
            quota: Quota::default(),
            next: None,
            input: String::new(),
            clock: None,
            watch: None,
            batch: Parts::default(),
            stopped: None,
            ended: false,
            status: ReceiverStatus::default(),
        }
    }

    /// Whether files are ignored that were modified before the job started; they are by default.
    /// Otherwise those of the last minute are taken too.
    #[must_use]
    pub fn new_files_only(mut self, new_only: bool) -> Self {
        self.new_files_only = new_only;
        self
    }

    /// Takes the files whose path `wanted` says yes to, instead of those whose name does not begin
    /// with a dot.
    #[must_use]
    pub fn filter(mut self, wanted: impl Fn(&Path) -> bool + Send + 'static) -> Self {
        self.filter = Box::new(wanted);
        self
    }

    /// After how many bytes a batch takes no more; what is left comes in the next ones. A batch may
    /// have up to a block of 1 MiB more.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.max(1);
        self
    }

    /// Puts the files that belong to the batch before the reader.
    fn find(&mut self, time: BatchTime) {
        let Some(mut watch) = self.watch.take_if(|_| !self.ended) else {
            return;
        };
        let wanted = |path: &Path| !watch.knows(path) && (self.filter)(path);
        let (found, errors) = list(&self.path, wanted);
        errors.into_iter().for_each(|error| self.report(error));
        let until = self.stopped.map_or(time, |stopped| stopped.min(time));
        let files = watch.take(until, found);
        files
            .into_iter()
            .for_each(|file| self.reader.add(Part::whole(file)));
        self.watch = Some(watch);
        self.ended = self.stopped.is_some_and(|stopped| stopped <= time);
    }

    /// How many records the next batch may have; a job that is ending takes all that is there.
    fn allowed(&mut self) -> Option<u64> {
        self.quota.next().filter(|_| self.stopped.is_none())
    }

    /// The next block of the files that were found, or what is left of one.
    fn next(&mut self) -> Result<Option<Piece<B>>> {
        if let Some(rest) = self.next.take() {
            return Ok(Some(rest));
        }
        loop {
            match self.reader.next() {
                Err(Error::Io { context, source }) if source.kind() == io::ErrorKind::NotFound => {
                    self.report(format!("{context}: it was removed before it was read"));
                }
                next => return next,
            }
        }
    }

    /// What is left to be read of the files that were found.
    fn rest(&self) -> Vec<Part> {
        let mut rest = self.reader.rest();
        if let Some(next) = &self.next {
            let goes_on = rest.first().is_some_and(|part| part.follows(next));
            rest.drain(..usize::from(goes_on));
            rest.insert(0, Part::from(next));
        }
        rest
    }

    /// Takes over what was found and not read when a position was asked for.
    fn take_over(&mut self, position: Position) {
        self.next = None;
        self.reader.clear();
        position
            .rest
            .into_iter()
            .for_each(|part| self.reader.add(part));
        if let (Some(watch), Some(seen)) = (&mut self.watch, position.watch) {
            watch.take_over(seen);
        }
        self.batch = position.batch;
    }

    fn report(&mut self, message: String) {
        let repeated = self.status.last_error.as_ref();
        if repeated.is_none_or(|last| last.message != message) {
            tracing::warn!(input = %self.input, "{message}");
        }
        let now = self.now();
        self.status.report(now, message);
    }

    fn now(&self) -> BatchTime {
        let clock = self.clock.as_ref();
        clock.map_or(BatchTime::ZERO, |clock| clock.now())
    }
}

impl Directory<Text> {
    /// Of how many bytes a line may be; a longer one is cut into pieces of this length.
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.reader = line_reader(bytes);
        self
    }
}

impl<B: BlockSize> Source for Directory<B> {
    type Block = B;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        check_directory(&self.path).map_err(|cause| Error::Input {
            input: context.input.clone(),
            cause,
        })?;
        let ignore_up_to = match self.new_files_only {
            true => began(context),
            false => BatchTime::ZERO,
        };
        self.watch = Some(Watch::new(ignore_up_to, context.batch_interval));
        self.clock = Some(Arc::clone(&context.clock));
        self.input.clone_from(&context.input);
        self.quota.begin(context.batch_interval);
        self.status.phase = ReceiverPhase::Receiving;
        Ok(())
    }

    fn batch(&mut self, time: BatchTime) -> Result<Vec<B>> {
        self.find(time);
        self.quota.cover(time);
        let mut taken = Taken::new(self.batch_bytes, self.allowed(), self.split);
        while !taken.is_full()
            && let Some(piece) = self.next()?
        {
            self.next = taken.add(piece);
        }
        self.quota.took(taken.records);
        self.batch = taken.parts;
        self.status.blocks += taken.blocks.len() as u64;
        Ok(taken.blocks)
    }

    fn recovery(&self) -> Recovery {
        Recovery::Replays
    }

    fn position(&self) -> Vec<u8> {
        let position = Position {
            watch: self.watch.as_ref().map(Watch::seen),
            rest: self.rest(),
            batch: self.batch.clone(),
        };
        encode(KIND, &position)
    }

    fn resume(&mut self, context: &SourceContext, position: &[u8]) -> Result<()> {
        self.start(context)?;
        let position = decode(&self.input, KIND, position)?;
        self.take_over(position);
        Ok(())
    }

    fn replay(&mut self, _: BatchTime, end: &[u8]) -> Result<Vec<B>> {
        let end: Position = decode(&self.input, KIND, end)?;
        let blocks = read_again(&mut self.reader, end.batch.clone())?;
        self.take_over(end);
        self.status.blocks += blocks.len() as u64;
        Ok(blocks)
    }

    fn set_rate(&mut self, records_per_second: Option<f64>) {
        self.quota.set(records_per_second);
    }

    fn status(&self) -> Option<ReceiverStatus> {
        Some(ReceiverStatus {
            rate_limit: self.quota.per_second(),
            ..self.status.clone()
        })
    }

    /// Files that are there by now are still found, and read to their end.
    fn stop(&mut self) {
        self.stopped.get_or_insert(self.now());
        self.status.phase = ReceiverPhase::Ended;
    }
}

/// When the job began: now, unless an earlier run has begun it and died before its first commit.
fn began(context: &SourceContext) -> BatchTime {
    let now = context.clock.now();
    match now.floor(context.batch_interval) <= context.zero_time {
        true => now,
        false => context.zero_time,
    }
}

impl<B> fmt::Debug for Directory<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("path", &self.path)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::receiver::file::harness::{next, place, put};
    use crate::receiver::harness::context;

    #[test]
    fn each_file_is_in_the_batch_that_sees_it_first() {
        for new_files_only in [true, false] {
            let (clock, _place, directory) = place();
            put(&directory, "0", "0\n", 100);
            put(&directory, "ancient", "ancient\n", 41); // before the remembered minute
            let mut source = text_files(&directory).new_files_only(new_files_only);
            source.start(&context(&clock)).unwrap();
            put(&directory, "1", "1\n", 101);
            put(&directory, "late", "late\n", 104);
            let first = if new_files_only { "1\n" } else { "0\n1\n" };
            assert_eq!(next(&mut source, &clock), first);
            put(&directory, "2", "2\n", 102);
            assert_eq!(next(&mut source, &clock), "2\n");
            assert_eq!(next(&mut source, &clock), "");
            assert_eq!(next(&mut source, &clock), "late\n");
        }
    }

    #[test]
    fn hidden_files_and_directories_are_passed_over_unless_asked_for() {
        let (clock, _place, directory) = place();
        put(&directory, ".hidden", "hidden\n", 101);
        put(&directory, "_seen", "seen\n", 101);
        fs::create_dir(directory.join("deeper")).unwrap();
        put(&directory.join("deeper"), "file", "deep\n", 101);
        let batch = |mut source: Directory<Text>| {
            let mut context = context(&clock);
            context.batch_interval = Duration::from_secs(3_600);
            source.start(&context).unwrap();
            let blocks = source.batch(BatchTime::from_millis(200_000)).unwrap();
            blocks.iter().map(Text::as_str).collect::<String>()
        };
        assert_eq!(batch(text_files(&directory)), "seen\n");
        let hidden = text_files(&directory).filter(|path| path.ends_with(".hidden"));
        assert_eq!(batch(hidden), "hidden\n");
    }

    #[test]
    fn large_files_are_spread_over_batches_and_read_to_their_end_after_a_stop() {
        let (clock, _place, directory) = place();
        let mut source = text_files(&directory).batch_bytes(1);
        source.start(&context(&clock)).unwrap();
        put(&directory, "a", "1\n", 101);
        put(&directory, "b", "2\n", 101);
        put(&directory, "c", "3\n", 101);
        assert_eq!(next(&mut source, &clock), "1\n");
        put(&directory, "d", "4\n", 101);
        put(&directory, "e", "5\n", 102);
        source.stop();
        assert_eq!(next(&mut source, &clock), "2\n");
        assert_eq!(next(&mut source, &clock), "3\n");
        assert_eq!(next(&mut source, &clock), "4\n");
        assert_eq!(next(&mut source, &clock), "", "`e` came after the stop");
    }

    #[test]
    fn a_limited_batch_leaves_the_rest_to_the_next_ones_and_to_the_end() {
        let (clock, _place, directory) = place();
        let mut source = text_files(&directory);
        source.set_rate(Some(2.0));
        source.start(&context(&clock)).unwrap();
        put(&directory, "a", "1\n2\n3\n", 101);
        put(&directory, "b", "4\n5\n6\n7\n", 101);
        assert_eq!(next(&mut source, &clock), "1\n2\n");
        assert_eq!(next(&mut source, &clock), "3\n4\n");
        assert_eq!(source.status().unwrap().rate_limit, Some(2.0));
        source.set_rate(Some(0.0));
        assert_eq!(next(&mut source, &clock), "");
        fs::remove_file(directory.join("b")).unwrap(); // it is open
        source.stop();
        assert_eq!(next(&mut source, &clock), "5\n6\n7\n");
    }

    #[test]
    fn what_is_gone_is_reported() {
        let (clock, _place, directory) = place();
        let mut source = text_files(&directory).batch_bytes(1);
        source.start(&context(&clock)).unwrap();
        put(&directory, "a", "1\n", 101);
        put(&directory, "b", "2\n", 101);
        assert_eq!(next(&mut source, &clock), "1\n");
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(next(&mut source, &clock), "");
        let status = source.status().unwrap();
        let error = status.last_error.unwrap();
        assert_eq!((status.errors, error.time), (2, clock.now()));
        assert!(
            error
                .message
                .ends_with("/b`: it was removed before it was read")
        );
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_at_the_start() {
        let (clock, place, _) = place();
        let error = text_files(place.path().join("nowhere")).start(&context(&clock));
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("there is no directory `") && error.contains("/nowhere`"),
            "{error}"
        );
    }
}
