//! `jsonl`: a file with one JSON value a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::parallel;
use crate::record::Family;
use crate::sink::BatchWriter;
use crate::time::BatchTime;

/// A sink that appends each record to the file at `path`, as one line of JSON.
///
/// The file is created if it is missing, and what stands in it is kept. The lines of a batch are
/// made in memory, side by side for several partitions, and then appended in one go. If the batch
/// fails, here or in another output, and is tried again, its lines are replaced. The lines are with
/// the operating system when the batch is completed; they are not forced to the disk.
///
/// # Errors
///
/// When the file cannot be opened, is no regular file, or ends in the middle of a line, as after a
/// crash of the machine. A batch fails when its lines cannot be written.
///
/// # Examples
///
/// ```
/// use stream_runtime::prelude::*;
/// use stream_runtime::sink;
/// use stream_runtime::testing::run_output;
///
/// stream!(
///     fn lengths(words: Stream<&str>, out: Sink<(&str, usize)>) {
///         words.map(|word| (word, word.len())).to(out);
///     }
/// );
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("lengths.jsonl");
/// let out = sink::jsonl(&path)?;
/// run_output(|words| lengths(words, out), [vec!["to"], vec!["be", "not"]]);
/// assert_eq!(std::fs::read_to_string(path)?, "[\"to\",2]\n[\"be\",2]\n[\"not\",3]\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn jsonl(path: impl AsRef<Path>) -> Result<Jsonl> {
    let path = path.as_ref().to_owned();
    let opened = open(&path);
    let (file, end) =
        opened.map_err(|error| Error::io(format!("opening `{}`", path.display()), error))?;
    Ok(Jsonl {
        path,
        file,
        end,
        last: None,
    })
}

/// The sink made by [`jsonl`].
#[derive(Debug)]
pub struct Jsonl {
    path: PathBuf,
    file: File,
    /// Where the last completely written batch ends.
    end: u64,
    /// The last batch that was written, and where it starts.
    last: Option<(BatchTime, u64)>,
}

impl<F: Family> BatchWriter<F> for Jsonl
where
    for<'b> F::Of<'b>: Serialize,
{
    fn write(&mut self, time: BatchTime, partitions: &[Vec<F::Of<'_>>]) -> io::Result<()> {
        let written = lines_of(partitions).and_then(|lines| self.append(time, &lines));
        written.map_err(|error| {
            io::Error::new(error.kind(), format!("`{}`: {error}", self.path.display()))
        })
    }
}

impl Jsonl {
    /// Appends the lines of a batch, in place of those that it may have written before.
    fn append(&mut self, time: BatchTime, lines: &[Vec<u8>]) -> io::Result<()> {
        let start = match self.last {
            Some((last, start)) if last == time => start,
            _ => self.end,
        };
        // Also takes away what a failed attempt has left behind the end.
        self.file.set_len(start)?;
        self.end = start;
        lines
            .iter()
            .try_for_each(|lines| self.file.write_all(lines))?;
        self.end = start + lines.iter().map(|lines| lines.len() as u64).sum::<u64>();
        self.last = Some((time, start));
        Ok(())
    }
}

/// The records of each partition as lines.
fn lines_of<T: Serialize + Sync>(partitions: &[Vec<T>]) -> io::Result<Vec<Vec<u8>>> {
    let records = partitions.iter().map(Vec::len).sum();
    let lines = parallel::run(records, partitions.iter().collect(), |records: &Vec<T>| {
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
        Ok(lines)
    });
    lines.into_iter().collect()
}

/// The file, and its length.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(invalid(
            "it is not a regular file, so a batch that is tried again could not replace its lines",
        ));
    }
    if metadata.len() > 0 && last_byte(&mut file)? != b'\n' {
        return Err(invalid(
            "it ends in the middle of a line: take that line away, or name another file",
        ));
    }
    Ok((file, metadata.len()))
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last[0])
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;

    use super::*;
    use crate::record::{Ref, Val};

    fn write(sink: &mut Jsonl, ms: u64, words: &[&str]) -> io::Result<()> {
        let time = BatchTime::from_millis(ms);
        BatchWriter::<Ref<str>>::write(sink, time, &[words.to_vec()])
    }

    #[test]
    fn a_batch_that_is_tried_again_replaces_its_lines() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("words.jsonl");
        for _run in 0..2 {
            let mut sink = jsonl(&path).unwrap();
            for (ms, words) in [(1, ["to", "be"]), (2, ["x", "y"]), (2, ["or", "not"])] {
                write(&mut sink, ms, &words).unwrap();
            }
        }
        let once = "\"to\"\n\"be\"\n\"or\"\n\"not\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), once.repeat(2));
    }

    #[test]
    fn what_a_failed_write_has_left_is_taken_away() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("words.jsonl");
        let mut sink = jsonl(&path).unwrap();
        write(&mut sink, 1, &["to"]).unwrap();
        sink.file.write_all(b"\"half a li").unwrap();
        write(&mut sink, 2, &["be"]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "\"to\"\n\"be\"\n");
    }

    #[test]
    fn errors_name_the_path() {
        let home = tempfile::tempdir().unwrap();
        let torn = home.path().join("torn.jsonl");
        fs::write(&torn, "1\n2").unwrap();
        let error = jsonl(&torn).unwrap_err().to_string();
        assert!(
            error.contains("torn.jsonl") && error.contains("middle of a line"),
            "{error}"
        );
        let error = jsonl(home.path().join("no/file")).unwrap_err().to_string();
        assert!(error.contains("no/file"), "{error}");

        type NotJson = Val<HashMap<(u8, u8), u8>>;
        let path = home.path().join("maps.jsonl");
        let partitions = [vec![HashMap::from([((1, 2), 3)])]];
        let mut sink = jsonl(path).unwrap();
        let written = BatchWriter::<NotJson>::write(&mut sink, BatchTime::ZERO, &partitions);
        let error = written.unwrap_err().to_string();
        assert!(
            error.contains("maps.jsonl") && error.contains("key"),
            "{error}"
        );
    }
}
