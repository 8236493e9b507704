//! The directory of one batch: one that is there is whole.
//!
//! The parts are written into a hidden directory beside the target, `.NAME.new`, synced to the
//! disk, and renamed. If the batch was written before, the old directory first becomes
//! `.NAME.old`, and is removed when the new one is in its place for good. So at every moment one
//! of these holds, whatever is cut off by a crash:
//!
//! - The target is there and whole, the old or the new one; what stands beside it is left-over.
//! - The target is missing, and what it was before stands whole beside it as `.NAME.old`. The batch
//!   was not completed, so it is run again, which puts a new directory in place.
//!
//! The next write of the same batch clears left-overs away. Directories that have no `_SUCCESS`
//! were not made here, and are never replaced.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::parallel;
use crate::time::BatchTime;

use super::at;

/// The empty file that says that all parts are there.
const SUCCESS: &str = "_SUCCESS";

/// What the directories of all batches of one output have in common.
#[derive(Debug)]
pub(crate) struct BatchFiles {
    prefix: PathBuf,
    suffix: String,
}

impl BatchFiles {
    /// Directories with these parts in their names.
    pub(crate) fn new(prefix: &Path, suffix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        }
    }

    /// Writes the directory of the batch at `time`: each part with `write`, side by side if there
    /// are records enough, and `_SUCCESS`.
    ///
    /// # Errors
    ///
    /// What the file system or `write` says, with the path.
    pub(crate) fn write<T: Send>(
        &self,
        time: BatchTime,
        parts: Vec<Vec<T>>,
        write: impl Fn(&[T], &mut File) -> io::Result<()> + Sync,
    ) -> io::Result<()> {
        let target = self.directory(time);
        check_target(&target)?;
        let new = hidden(&target, "new");
        remove(&new)?;
        create_with_parents(&new)?;
        write_parts(&new, parts, write)?;
        write_file(&new.join(SUCCESS), |_| Ok(()))?;
        sync_directory(&new)?;
        put_in_place(&new, &target)
    }

    /// The directory of a batch by Spark's rule: `prefix-TIME_IN_MS.suffix`, without the dash if
    /// the prefix is empty and without the dot if the suffix is.
    fn directory(&self, time: BatchTime) -> PathBuf {
        let mut path = OsString::from(&self.prefix);
        if !path.is_empty() {
            path.push("-");
        }
        path.push(time.stamp());
        if !self.suffix.is_empty() {
            path.push(".");
            path.push(&self.suffix);
        }
        PathBuf::from(path)
    }
}

/// The parts of a directory that a batch left, in order.
///
/// # Errors
///
/// When the directory cannot be read, or is not whole.
pub(super) fn parts_of(directory: &Path) -> io::Result<Vec<PathBuf>> {
    fs::metadata(directory).map_err(|error| at(directory, error))?;
    if !directory.join(SUCCESS).is_file() {
        let message = format!("there is no `{SUCCESS}` in it, so it is not the whole of a batch");
        return Err(at(
            directory,
            io::Error::new(io::ErrorKind::InvalidData, message),
        ));
    }
    let parts = (0..).map(|number| part_of(directory, number));
    Ok(parts.take_while(|part| part.is_file()).collect())
}

/// Writes `part-00000` and so on.
fn write_parts<T: Send>(
    directory: &Path,
    parts: Vec<Vec<T>>,
    write: impl Fn(&[T], &mut File) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let records = parts.iter().map(Vec::len).sum();
    let numbered = parts.into_iter().enumerate().collect();
    let written = parallel::run(records, numbered, |(number, part): (usize, Vec<T>)| {
        write_file(&part_of(directory, number), |file| write(&part, file))
    });
    written.into_iter().collect()
}

fn part_of(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("part-{number:05}"))
}

/// Refuses targets that cannot be meant.
fn check_target(target: &Path) -> io::Result<()> {
    let problem = if target.to_string_lossy().contains("://") {
        "files are saved to local paths: leave out the scheme"
    } else if target.exists() && !target.join(SUCCESS).exists() {
        "it is there and was not written by a batch, since there is no `_SUCCESS` in it: remove it, or save under another prefix"
    } else {
        return Ok(());
    };
    Err(at(
        target,
        io::Error::new(io::ErrorKind::InvalidInput, problem),
    ))
}

/// A name beside `target` that listings leave out.
fn hidden(target: &Path, role: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".");
    name.push(role);
    target.with_file_name(name)
}

/// Writes a file and syncs it to the disk.
fn write_file(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let written = File::create(path).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    written.map_err(|error| at(path, error))
}

/// Gives the directory its name: see the module's documentation for what a crash leaves.
fn put_in_place(new: &Path, target: &Path) -> io::Result<()> {
    let old = hidden(target, "old");
    if target.exists() {
        remove(&old)?;
        rename(target, &old)?;
    }
    rename(new, target)?;
    sync_directory(parent(target))?;
    remove(&old)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).map_err(|error| at(to, error))
}

/// Removes a directory with all that is in it, if it is there.
fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(directory, error)),
        _ => Ok(()),
    }
}

/// Creates a directory and those above it that are missing, each known to the one above it even
/// after a power failure.
fn create_with_parents(directory: &Path) -> io::Result<()> {
    let above = parent(directory);
    if !above.is_dir() {
        create_with_parents(above)?;
    }
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(at(directory, error)),
        _ => sync_directory(above),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the names in a directory durable, where the system offers that for directories.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| at(directory, error))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn write(files: &BatchFiles, text: &str) -> io::Result<()> {
        let time = BatchTime::from_millis(1000);
        let parts = vec![text.as_bytes().to_vec(), vec![]];
        files.write(time, parts, |part, file| file.write_all(part))
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn names_follow_prefix_and_suffix() {
        let name =
            |prefix: &str, suffix, time| BatchFiles::new(Path::new(prefix), suffix).directory(time);
        let time = BatchTime::from_millis(1000);
        assert_eq!(name("out/p", "txt", time), Path::new("out/p-1000.txt"));
        assert_eq!(name("q", "", time), Path::new("q-1000"));
        assert_eq!(name("", "txt", time), Path::new("1000.txt"));
        assert_eq!(
            name("p", "", BatchTime::from_micros(1_000_001)),
            Path::new("p-1000-001")
        );
    }

    #[test]
    fn a_batch_that_is_written_again_replaces_its_directory() {
        let home = tempfile::tempdir().unwrap();
        let files = BatchFiles::new(&home.path().join("a/b/p"), "txt");
        for text in ["first", "second"] {
            write(&files, text).unwrap();
            assert_eq!(names(&home.path().join("a/b")), ["p-1000.txt"]);
            let directory = home.path().join("a/b/p-1000.txt");
            assert_eq!(names(&directory), ["_SUCCESS", "part-00000", "part-00001"]);
            assert_eq!(
                fs::read_to_string(directory.join("part-00000")).unwrap(),
                text
            );
        }
    }

    /// What is on the disk after a crash at each step: the batch is run again and all is well.
    #[test]
    fn whatever_a_crash_leaves_the_next_run_puts_in_order() {
        let (there, new, old) = ("p-1000", ".p-1000.new", ".p-1000.old");
        let crashes: [&[&str]; 6] = [
            &[],
            &[new],
            &[there, new],
            &[old, new],
            &[there, old],
            &[there, old, new],
        ];
        for left in crashes {
            let home = tempfile::tempdir().unwrap();
            for name in left {
                let directory = home.path().join(name);
                fs::create_dir(&directory).unwrap();
                fs::write(directory.join("part-00007"), "left over").unwrap();
                fs::write(directory.join(SUCCESS), "").unwrap();
            }
            let files = BatchFiles::new(&home.path().join("p"), "");
            write(&files, "whole").unwrap();
            assert_eq!(names(home.path()), [there], "after {left:?}");
            let parts = parts_of(&home.path().join(there)).unwrap();
            assert_eq!(parts.len(), 2);
        }
    }

    #[test]
    fn what_no_batch_has_left_is_not_replaced() {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join("p-1000");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("letters"), "dear").unwrap();
        let error = write(&BatchFiles::new(&home.path().join("p"), ""), "text").unwrap_err();
        assert!(error.to_string().contains("no `_SUCCESS` in it"), "{error}");
        assert_eq!(names(&own), ["letters"]);
        assert_eq!(names(home.path()), ["p-1000"]);
    }

    #[test]
    fn errors_name_the_path() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("file"), "").unwrap();
        let files = BatchFiles::new(&home.path().join("file/p"), "");
        let error = write(&files, "text").unwrap_err().to_string();
        assert!(error.contains("file"), "{error}");
        let error = write(&BatchFiles::new(Path::new("hdfs://host/p"), ""), "").unwrap_err();
        assert!(
            error.to_string().contains("leave out the scheme"),
            "{error}"
        );
    }
}
