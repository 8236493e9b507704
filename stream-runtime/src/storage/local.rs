//! A directory on a local disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

use super::{Storage, StorageFile, StorageLock};

/// The file whose lock keeps other processes out. It holds the id of the process that has it.
const LOCK: &str = "lock";

/// How much is read at once.
const READ_BYTES: usize = 1 << 16;

/// A directory on a local disk.
///
/// A file system on a network will do if it keeps what `fsync` promises and locks files between
/// machines.
#[derive(Debug, Clone)]
pub struct LocalDirectory {
    path: PathBuf,
}

impl LocalDirectory {
    /// The directory at `path`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or something else has this path.
    ///
    /// # Examples
    ///
    /// ```
    /// use stream_runtime::storage::{LocalDirectory, Storage};
    ///
    /// # let temporary = tempfile::tempdir()?;
    /// # let path = temporary.path().join("word_count");
    /// let directory = LocalDirectory::create(path)?;
    /// let mut file = directory.create("a")?;
    /// file.write_all(b"to be")?;
    /// file.sync()?;
    /// directory.sync_directory()?;
    /// assert_eq!(directory.list()?, ["a"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        make_directories(&path).map_err(|error| {
            let (path, remedy) = (path.display(), "name a directory that can be written");
            Error::checkpoint(path, format!("it cannot be made: {error}"), remedy)
        })?;
        Self::open(path)
    }

    /// The directory at `path`, which must be there.
    ///
    /// # Errors
    ///
    /// When it is missing, or no directory.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Self { path }),
            Ok(_) => Err(not_usable(&path, "it is not a directory")),
            Err(error) => Err(not_usable(&path, error)),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn not_usable(path: &Path, problem: impl ToString) -> Error {
    Error::checkpoint(path.display(), problem, "name an existing directory")
}

/// Makes the directory and all above it, each durable in the one above.
fn make_directories(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    make_directories(parent)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    sync_directory(parent)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}

/// Other systems cannot open a directory to sync it; their file systems log what becomes of names.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

impl Storage for LocalDirectory {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            // No file of ours has a name that is not Unicode.
            if let (true, Ok(name)) = (
                entry.file_type()?.is_file(),
                entry.file_name().into_string(),
            ) && name != LOCK
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let file = File::open(self.at(name))?;
        let length = file.metadata()?.len();
        Ok((Box::new(BufReader::with_capacity(READ_BYTES, file)), length))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(LocalFile(File::create(self.at(name))?)))
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        // Some systems sync only what is open for writing.
        OpenOptions::new()
            .append(true)
            .open(self.at(name))?
            .sync_data()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.at(name))
    }

    fn sync_directory(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }

    fn lock(&self) -> Result<StorageLock> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.at(LOCK));
        let mut file = file.map_err(|error| self.cannot_lock(error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(self.in_use(&mut file)),
            Err(TryLockError::Error(error)) => return Err(self.cannot_lock(error)),
        }
        sign(&mut file).map_err(|error| self.cannot_lock(error))?;
        Ok(StorageLock::new(file))
    }

    fn path(&self, name: &str) -> String {
        match name {
            "" => self.path.display().to_string(),
            name => self.at(name).display().to_string(),
        }
    }
}

impl LocalDirectory {
    fn in_use(&self, lock: &mut File) -> Error {
        let mut holder = String::new();
        let read = lock.take(20).read_to_string(&mut holder);
        let problem = match (read, holder.trim().parse::<u32>()) {
            (Ok(_), Ok(pid)) => format!("process {pid} is using it"),
            _ => "another process is using it".to_owned(),
        };
        let remedy = "stop that process, or give each job a directory of its own";
        Error::checkpoint(self.path.display(), problem, remedy)
    }

    fn cannot_lock(&self, error: io::Error) -> Error {
        let problem = format!("it cannot be locked: {error}");
        let remedy = "the directory must be writable, on a file system with locks";
        Error::checkpoint(self.path(LOCK), problem, remedy)
    }
}

/// Says who has the lock.
fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

struct LocalFile(File);

impl Write for LocalFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl StorageFile for LocalFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(storage: &impl Storage, name: &str) -> String {
        let (mut file, length) = storage.open(name).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text.len() as u64, length);
        text
    }

    #[test]
    fn files_are_made_renamed_and_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = LocalDirectory::create(temporary.path().join("a/b")).unwrap();
        let mut file = directory.create("x.tmp").unwrap();
        file.write_all(b"to be").unwrap();
        file.sync().unwrap();
        directory.rename("x.tmp", "x").unwrap();
        directory.sync_directory().unwrap();
        assert_eq!(directory.list().unwrap(), ["x"]);
        assert_eq!(contents(&directory, "x"), "to be");
        directory.remove("x").unwrap();
        assert!(directory.list().unwrap().is_empty());
    }

    #[test]
    fn who_comes_second_is_told_who_was_first() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = LocalDirectory::create(temporary.path()).unwrap();
        let lock = directory.lock().unwrap();
        let error = directory.lock().unwrap_err();
        let expected = format!("process {} is using it", std::process::id());
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(error.help().unwrap().contains("directory of its own"));
        drop(lock);
        assert!(directory.lock().is_ok());
    }

    #[test]
    fn a_path_that_is_no_directory_is_an_error() {
        let temporary = tempfile::tempdir().unwrap();
        let file = temporary.path().join("file");
        fs::write(&file, "").unwrap();
        for error in [
            LocalDirectory::open(&file).unwrap_err(),
            LocalDirectory::create(file.join("below")).unwrap_err(),
            LocalDirectory::open(temporary.path().join("missing")).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(
                text.contains(&*temporary.path().to_string_lossy()),
                "{text}"
            );
        }
    }
}
